import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { lint } from '../../../../src/cli/actions/lint/check.ts';
import { LINT_FORMATS } from '../../../../src/cli/actions/lint/formats.ts';
import { readSources } from '../../../../src/cli/actions/manifests.ts';
import { resourcesForPlan } from '../../../../src/cli/actions/plan/planInputs.ts';

const POLICY = `apiVersion: wsap.dev/v1alpha1
kind: WorkspaceApplicationPolicy
metadata: {name: no-visio, namespace: desktops}
spec:
  workspaceSelector: {all: true, exclude: {userNames: [jürgen.müller]}}
  applications: {denied: [{name: Microsoft Visio*}]}
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-lint-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function sourcesOf(content: string | Buffer, name = 'a.yaml') {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), content);
  return readSources([folder], true);
}

async function lintText(content: string | Buffer): Promise<string> {
  const text = LINT_FORMATS.text(lint(await sourcesOf(content)));
  return text.replaceAll(`${folder}/`, '');
}

describe('the encoding of a file', () => {
  test.each([
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${POLICY}`)],
    ['UTF-16 from PowerShell', Buffer.from(`\ufeff${POLICY.replaceAll('\n', '\r\n')}`, 'utf16le')],
    ['UTF-16, big-endian', Buffer.from(`\ufeff${POLICY}`, 'utf16le').swap16()],
  ])('can be %s', async (_, content) => {
    const { policies } = resourcesForPlan(await sourcesOf(content), []);
    const [policy] = policies as unknown as { spec: { workspaceSelector: unknown } }[];
    expect(policy?.spec.workspaceSelector).toEqual({ all: true, exclude: { userNames: ['jürgen.müller'] } });
  });

  test('is an error with its position if it would lose an exclusion, and other files are checked', async () => {
    await sourcesOf(POLICY.replace('no-visio', 'Bad_Name'), 'b.yaml');
    const sources = await sourcesOf(Buffer.from(POLICY, 'latin1'));
    expect(LINT_FORMATS.text(lint(sources)).replaceAll(`${folder}/`, '')).toBe(
      `a.yaml:5:57: byte 0xFC (ü in Windows-1252) is not valid UTF-8; save the file as UTF-8
    workspaceSelector: {all: true, exclude: {userNames: [j\ufffdrgen.m\ufffdller]}}
                                                          ^
b.yaml:3:12: metadata.name: must be lowercase letters, digits, "-", and ".", start and end with a letter or digit, and have at most 253 characters
  metadata: {name: Bad_Name, namespace: desktops}
             ^
1 resource checked, 2 problems found
`,
    );
    expect(() => resourcesForPlan(sources, [])).toThrow('byte 0xFC (ü in Windows-1252) is not valid UTF-8');
  });

  test.each([
    ['a label', POLICY.replace('{name:', '{labels: {team: büro}, name:')],
    ['a comment', `# für alle\n${POLICY.replace('jürgen.müller', 'anna')}`],
    ['JSON', JSON.stringify({ ...parse(POLICY) })],
  ])('is also checked in %s', async (_, text) => {
    expect(await lintText(Buffer.from(text, 'latin1'))).toMatch(/a\.yaml:\d:\d+: byte 0xFC .* is not valid UTF-8/);
    expect(await lintText(text)).not.toContain('UTF-8');
  });

  // kubectl rejects the first three, and replaces the half with U+FFFD in the last one.
  test.each([
    ['half a character', POLICY.replace('jürgen.müller', '"j\\ud800rgen"')],
    ['half a character in eight digits', POLICY.replace('jürgen.müller', '"\\\\\\U0000DFFFrgen"')],
    ['both halves, in YAML', POLICY.replace('jürgen.müller', '"j\\uD83D\\uDE00"')],
    ['half a character in JSON', JSON.stringify(parse(POLICY)).replace('jürgen.müller', 'j\\ud800rgen')],
    ['half a character in a key', POLICY.replace('{name:', '{annotations: {"\\uDC00": x}, name:')],
  ])('can’t be broken by the escape of %s', async (_, text) => {
    const sources = await sourcesOf(text);
    expect(LINT_FORMATS.text(lint(sources))).toContain(
      'contains the escape of half a character (U+D800 to U+DFFF); write the character itself',
    );
    expect(() => resourcesForPlan(sources, [])).toThrow('escape of half a character');
  });

  test.each([
    ['both halves, in JSON', JSON.stringify(parse(POLICY)).replace('jürgen.müller', 'j\\uD83D\\uDE00')],
    ['other characters', POLICY.replace('jürgen.müller', '"j\\u00FCrgen \\U0001F600 \\\\ud800"')],
    ['text without escapes', POLICY.replace('jürgen.müller', String.raw`j\ud800rgen, 'j\ud800rgen2'`)],
  ])('can contain escapes of %s', async (_, text) => {
    expect(await lintText(text)).toBe('1 resource checked, no problems found\n');
  });

  test.each([
    ['a line break', '"jürgen.müller\\n"', 'must not contain U+FFFD'],
    ['a NUL character', '"jürgen\\0.müller"', 'must not contain U+FFFD'],
    ['a space', '"jürgen.müller "', 'must not start or end with a space'],
    ['a no-break space', '"\\u00A0jürgen.müller"', 'must not start or end with a space'],
  ])('is not the only way to lose an exclusion, for example, %s', async (_, name, message) => {
    expect(await lintText(POLICY.replace('jürgen.müller', name))).toContain(
      `spec.workspaceSelector.exclude.userNames[0]: ${message}`,
    );
  });
});

describe('a list', () => {
  const item = { ...{ apiVersion: 'wsap.dev/v1alpha1', kind: 'WorkspaceApplicationPolicy' }, metadata: { name: 'a' } };
  const spec = { workspaceSelector: { all: true }, applications: { denied: [{ name: 'x' }] } };
  const namesIn = async (list: object) =>
    resourcesForPlan(await sourcesOf(JSON.stringify(list), 'a.json'), []).policies.map(({ metadata }) => metadata.name);

  test.each<[string, object]>([
    ['List', { apiVersion: 'v1', kind: 'List', items: [{ ...item, spec }] }],
    [
      'WorkspaceApplicationPolicyList',
      {
        apiVersion: 'wsap.dev/v1alpha1',
        kind: 'WorkspaceApplicationPolicyList',
        metadata: {},
        items: [{ ...item, spec }],
      },
    ],
    [
      'a typed list whose items have no kind, as client libraries write it',
      {
        apiVersion: 'wsap.dev/v1alpha1',
        kind: 'WorkspaceApplicationPolicyList',
        items: [{ metadata: { name: 'a' }, spec }],
      },
    ],
    [
      'a list in a list',
      { apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'List', items: [{ ...item, spec }] }] },
    ],
  ])('can be %s', async (_, list) => {
    expect(await namesIn(list)).toEqual(['a']);
  });

  test('can mix kinds, and an empty list has no resources', async () => {
    const fleet = { kind: 'WorkspaceFleetList', apiVersion: 'wsap.dev/v1alpha1', items: [] };
    expect(await namesIn({ kind: 'List', apiVersion: 'v1', items: [fleet, { ...item, spec }] })).toEqual(['a']);
  });

  test('contains the position of its problems', async () => {
    const text = `apiVersion: wsap.dev/v1alpha1\nkind: WorkspaceFleetList\nitems:\n- metadata: {name: emea}\n  spec:\n    region: Frankfurt\n    allowedNamespaces: {from: All}\n- null\n`;
    expect(await lintText(text)).toMatch(/a\.yaml:6:5: spec\.region: must be an AWS region/);
    expect(await lintText(text)).toMatch(/a\.yaml:8:3: items\[1\]: must be a resource/);
  });
});

describe('null', () => {
  test('is the default of a field that has one, like at the API server', async () => {
    const text = POLICY.replace(
      'spec:',
      'spec:\n  enforcement: null\n  interval: ~\n  rollout: {deploy: null}\n  retry:',
    );
    expect(await lintText(text)).toBe('1 resource checked, no problems found\n');
    const { policies } = resourcesForPlan(await sourcesOf(text), []);
    expect(policies[0]).not.toHaveProperty('spec.enforcement');
    expect(policies[0]).not.toHaveProperty('spec.retry');
  });

  test('is an error for other fields, because it may be a mistake that extends a policy', async () => {
    expect(await lintText(POLICY.replace(/exclude: .*\}\}/, 'exclude: null}'))).toMatch(
      /a\.yaml:5:34: spec\.workspaceSelector\.exclude: must be object/,
    );
  });
});

describe('metadata', () => {
  test('is checked like by the API server, with the position of each key', async () => {
    const text = POLICY.replace(
      /metadata: .*/,
      `metadata:
  name: Bad_Name
  namespace: Desk_tops
  labels:
    app.kubernetes.io/owner: Jane Doe (IT)
  annotations: {wsap.dev/approved-plan: "8060170185061401"}`,
    );
    expect(await lintText(text)).toMatch(
      /^a\.yaml:4:3: metadata\.name: [\s\S]*a\.yaml:5:3: metadata\.namespace: [\s\S]*a\.yaml:7:5: metadata\.labels\.app\.kubernetes\.io\/owner: /,
    );
    const unquoted = text.replace(/"(\d+)"/, '$1');
    // A value of the wrong type doesn't hide other problems.
    expect(lint(await sourcesOf(unquoted)).problems).toHaveLength(4);
    expect(await lintText(unquoted)).toMatch(
      /a\.yaml:8:17: metadata\.annotations\.wsap\.dev\/approved-plan: must be a string; put the value in quotes/,
    );
  });

  test('has no unknown fields', async () => {
    expect(await lintText(POLICY.replace('{name:', '{annotation: {}, name:'))).toContain(
      'metadata.annotation: unknown field; did you mean annotations?',
    );
  });
});

describe('the text of a problem', () => {
  test('shows a tab in one column', async () => {
    const text = await lintText('apiVersion: wsap.dev/v1alpha1\nkind: WorkspaceFleet\nmetadata:\n\tname: no-visio\n');
    expect(text).toContain('\n   name: no-visio\n');
    expect(text).not.toContain('\ufffd');
  });

  test.each([
    ['a syntax error', '{{- if .Values.x }}\napiVersion: wsap.dev/v1alpha1\n{{- end }}\n'],
    ['a value', POLICY.replace('no-visio', '{{ .Release.Name }}')],
  ])('explains templates: %s', async (_, content) => {
    expect(await lintText(content)).toContain(
      'a template must be rendered first, for example, with helm template CHART | wsap lint -f -, or ignored with --exclude',
    );
  });

  test('says how to configure a window of more than a day', async () => {
    const text = `${POLICY}  rollout: {maintenanceWindows: [{cron: 0 22 * * 5, duration: 56h}]}\n`;
    expect(await lintText(text)).toContain('for a longer time, add windows that follow each other without a gap');
  });
});

test('a key that contains slashes and dots has its own position', async () => {
  const text = POLICY.replace(
    '{all: true, exclude: {userNames: [jürgen.müller]}}',
    '\n    tags:\n      matchTags:\n        example.com/team: 5',
  );
  expect(await lintText(text)).toContain(
    'a.yaml:8:9: spec.workspaceSelector.tags.matchTags.example.com/team: must be string',
  );
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lint } from '../../../../src/cli/actions/lint/check.ts';
import { LINT_FORMATS } from '../../../../src/cli/actions/lint/formats.ts';
import { readSources, resourcesIn } from '../../../../src/cli/actions/manifests.ts';
import { badManifests, goodManifests } from '../../../cluster/manifests/corpus.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-lint-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function lintFiles(files: Record<string, string>, recursive = false) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const { checked, problems, notes } = lint(await readSources([folder], recursive), NOW);
  const relative = <T extends { readonly file: string }>(one: T): T => ({
    ...one,
    file: one.file.slice(folder.length + 1),
  });
  return { checked, problems: problems.map(relative), notes: notes.map(relative) };
}

const NOW = new Date('2026-11-02T12:00:00Z');
const POLICY = `apiVersion: wsap.dev/v1alpha1
kind: WorkspaceApplicationPolicy
metadata: {name: a}
`;
const GOOD = `${POLICY}spec:
  workspaceSelector: {all: true}
  applications: {denied: [{name: Visio}]}
`;

describe('reports the position of', () => {
  test.each<[string, string, string, number, number, string]>([
    [
      'a misspelled field, with a suggestion',
      'spec: {enforcment: Audit}',
      'spec.enforcment',
      4,
      8,
      'unknown field; did you mean enforcement?',
    ],
    [
      'an unknown field, with the known fields',
      'spec:\n  workspaceSelector:\n    all: true\n    xyzzyplugh: 1',
      'spec.workspaceSelector.xyzzyplugh',
      7,
      5,
      'unknown field; known fields: all, workspaceIDs, ',
    ],
    ['a missing field, at its parent', 'spec:\n  applications: {}', 'spec.workspaceSelector', 4, 1, 'required'],
    [
      'an invalid list entry, with the message of the rule',
      'spec:\n  workspaceSelector: {workspaceIDs: [ws-0123456789, ws-x]}',
      'spec.workspaceSelector.workspaceIDs[1]',
      5,
      53,
      'must be the ID of a WorkSpace, for example, ws-0123456789',
    ],
    ['another version', 'apiVersion2: x', 'apiVersion2', 4, 1, 'unknown field'],
  ])('%s', async (_, rest, field, line, column, message) => {
    const { problems } = await lintFiles({ 'a.yaml': `${POLICY}${rest}\n` });
    const found = problems.find((one) => one.field === field);
    expect(found).toMatchObject({ file: 'a.yaml', position: { line, column } });
    expect(found?.message).toContain(message);
  });

  test('a violated CRD rule and a problem that only the parser finds', async () => {
    const spec = `spec:
  workspaceSelector: {all: true, userNames: [x]}
  applications: {denied: [{name: Visio}]}
  rollout:
    maintenanceWindows:
    - {cron: "0 22 * * *", timeZone: Europe/Atlantis, duration: 4h}
`;
    const { problems } = await lintFiles({ 'a.yaml': POLICY + spec });
    expect(problems[0]).toMatchObject({ field: 'spec.workspaceSelector.all', check: 'Rule', position: { line: 5 } });
    const zone = await lintFiles({ 'a.yaml': POLICY + spec.replace(', userNames: [x]', '') });
    expect(zone.problems).toMatchObject([
      { field: 'spec.rollout.maintenanceWindows[0].timeZone', position: { line: 9, column: 28 } },
    ]);
  });

  test('a syntax error, and checks the other files', async () => {
    const { checked, problems } = await lintFiles({ 'a.yaml': 'a: [1\nb: 2\n', 'b.yaml': GOOD });
    expect(checked).toBe(1);
    expect(problems).toMatchObject([{ file: 'a.yaml', check: 'Syntax', position: { line: 2, column: 1 } }]);
    expect(problems[0]?.message).not.toMatch(/at line/);
  });

  test('a duplicate, with the position of the first resource', async () => {
    const { problems } = await lintFiles({
      'a.yaml': `${GOOD}---\n${GOOD}`,
      'b.yaml': GOOD.replace('name: a', 'name: b'),
    });
    expect(problems).toMatchObject([{ check: 'Duplicate', position: { line: 10 } }]);
    expect(problems[0]?.message).toMatch(/duplicate of WorkspaceApplicationPolicy default\/a in .*a\.yaml:3/);
  });

  test('a duplicate fleet without a namespace, because fleets are cluster-scoped', async () => {
    const fleet = (metadata: string) =>
      `apiVersion: wsap.dev/v1alpha1\nkind: WorkspaceFleet\nmetadata: ${metadata}\nspec: {region: eu-central-1, allowedNamespaces: {from: All}}\n`;
    const { problems } = await lintFiles({ 'a.yaml': `${fleet('{name: emea}')}---\n${fleet('{name: emea}')}` });
    expect(problems).toMatchObject([{ check: 'Duplicate' }]);
    expect(problems[0]?.message).toMatch(/duplicate of WorkspaceFleet emea in/);
  });
});

test('ignores other resources, and subfolders without --recursive', async () => {
  const files = { 'a.yaml': 'apiVersion: v1\nkind: Secret\nfoo: bar\n', 'deep/b.yml': GOOD, 'deep/notes.txt': 'x: [' };
  expect(await lintFiles(files)).toEqual({ checked: 0, problems: [], notes: [] });
  expect(await lintFiles(files, true)).toEqual({ checked: 1, problems: [], notes: [] });
});

test('checks each item of a List', async () => {
  const list = { apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'wsap.dev/v1alpha1', kind: 'WorkspaceFleet' }] };
  const { checked, problems } = await lintFiles({ 'a.json': JSON.stringify(list) });
  expect(checked).toBe(1);
  expect(problems.map(({ field }) => field)).toContain('spec');
});

test('reports problems exactly in the manifests that the API server rejects', async () => {
  const all = [...goodManifests, ...badManifests];
  const files = all.map(({ resource }, index) => [`${String(index).padStart(3, '0')}.json`, JSON.stringify(resource)]);
  const { problems } = await lintFiles(Object.fromEntries(files));
  const found = new Set(
    problems.filter(({ check }) => check !== 'Duplicate').map(({ file }) => Number(file.slice(0, 3))),
  );
  expect(all.filter((_, index) => found.has(index)).map(({ name }) => name)).toEqual(
    badManifests.map(({ name }) => name),
  );
});

describe('text in a manifest', () => {
  const hostile = `${POLICY}spec: {"\\e[2J::error::x%0A": 1}\n# \u001b[31m\u202e\n`;
  test('adds no control characters to the output', async () => {
    const text = LINT_FORMATS.text(lint(resourcesIn('a.yaml', hostile)));
    expect(text).toContain('unknown field');
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
  });
  test('cannot create annotations of GitHub Actions', async () => {
    const lines = LINT_FORMATS.github(await lintFiles({ 'a%0A::error::.yaml': hostile })).split('\n');
    expect(
      lines.filter((line) => line.startsWith('::')).every((line) => line.startsWith('::error file=a%250A%3A%3Aerror')),
    ).toBe(true);
  });
});

test('SARIF contains the position of each problem', async () => {
  const { runs } = JSON.parse(LINT_FORMATS.sarif(await lintFiles({ 'a.yaml': `${POLICY}spec: {x: 1}\n` })));
  expect(runs[0].results[0]).toMatchObject({
    ruleId: 'Schema',
    locations: [{ physicalLocation: { artifactLocation: { uri: 'a.yaml' }, region: { startLine: 4 } } }],
  });
});

describe('a note on removeBefore', () => {
  const removing = (rollout: string) => `${GOOD}  rollout: {removeBefore: EndOfMonth${rollout}}\n`;
  const window = (cron: string) => `, maintenanceWindows: [{cron: "${cron}", duration: 2h}]`;

  test.each<[string, string, string]>([
    [
      'names the date if too few windows open in the last days',
      removing(window('0 22 * * 6')),
      'the removals of 2026-11 start at 2026-11-21 22:00 UTC, because fewer than two maintenance windows open within the last three days of the month before its last 24 hours',
    ],
    [
      'names the first month in which that is the case',
      removing(window('0 22 1-29 * *')),
      'the removals of 2026-12 start at 2026-12-28 22:00 UTC, because fewer than two maintenance windows open within the last three days of the month before its last 24 hours',
    ],
    [
      'warns of windows that never open',
      removing(window('0 0 L-30 2 *')),
      'no maintenance window opens again, so the operator removes no application',
    ],
  ])('%s', async (_, manifest, message) => {
    const result = await lintFiles({ 'a.yaml': manifest });
    expect(result.problems).toEqual([]);
    expect(result.notes).toMatchObject([
      { file: 'a.yaml', field: 'spec.rollout.removeBefore', check: 'Note', message, position: { line: 7, column: 13 } },
    ]);
    expect(LINT_FORMATS.text(result)).toMatch(/^a\.yaml:7:13: note: spec\.rollout\.removeBefore: /);
    expect(LINT_FORMATS.text(result)).toContain('1 resource checked, no problems found');
    expect(LINT_FORMATS.github(result)).toMatch(/^::notice file=a\.yaml,line=7,col=13,/);
    expect(JSON.parse(LINT_FORMATS.sarif(result)).runs[0].results).toMatchObject([{ ruleId: 'Note', level: 'note' }]);
  });

  test.each([
    ['nightly windows', removing(window('0 22 * * *'))],
    ['no windows', removing('')],
    ['no removeBefore', GOOD],
    ['an invalid policy', removing(', maxInProgress: 0')],
  ])('is absent with %s', async (_, manifest) => {
    expect((await lintFiles({ 'a.yaml': manifest })).notes).toEqual([]);
  });
});

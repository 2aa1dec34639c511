import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { lint } from '../../../../src/cli/actions/lint/check.ts';
import { LINT_FORMATS } from '../../../../src/cli/actions/lint/formats.ts';
import { resourcesIn } from '../../../../src/cli/actions/manifests.ts';
import { fuzzRuns } from '../../../fuzzRuns.ts';
import { manifestsOf } from '../../../policy/hostile/manifests.ts';

/** Characters that control a terminal, except line breaks. */
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u;

/** Text with a meaning in YAML. */
const FRAGMENTS = [
  ...[
    '---',
    '...',
    '--- |',
    '%YAML 1.1',
    '%TAG ! tag:x,2000:',
    '# \u001b[2J',
    '\t',
    '  ',
    '\uFEFF',
    '\u0000',
    '\u0085',
    '\u2028',
    '\r',
  ],
  ...[
    '&a ',
    '*a',
    '*nobody',
    '<<: *a',
    '<<: {x: 1}',
    '!!binary ',
    '!!str ',
    '!!set ',
    '!!omap ',
    '!!timestamp ',
    '!!js/function x',
    '!<tag:x> ',
  ],
  ...[
    '? ',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|',
    '>-',
    '@',
    '`',
    '%',
    ',',
    '\\',
    '"\\ud800"',
    '"\\x1b[31m"',
    '!!null null',
  ],
  ...[
    'yes',
    'NO',
    '0o17',
    '017',
    '0x1F',
    '1_000',
    '1:30',
    '.inf',
    '.nan',
    '-.Inf',
    '~',
    '2027-03-31',
    '1e400',
    '99999999999999999999',
  ],
  ...[
    'kind: List\nitems:\n- ',
    'kind: List\nitems: [null, [], 5]\n',
    'apiVersion: wsap.dev/v2\nkind: X\n',
    'apiVersion: wsap.dev/v1alpha1\nkind: __proto__\n',
  ],
  ...[
    'apiVersion: wsap.dev/v1alpha1\nkind: WorkspaceFleet\nmetadata: null\nspec: 5\n',
    '__proto__: {a: 1}\n',
    'constructor: 1\n',
  ],
];

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  fragment: fc.constantFrom(...FRAGMENTS),
  replaces: fc.constantFrom(0, 0, 1, 5, 40),
  onItsOwnLine: fc.boolean(),
});
const manifest = fc.oneof(
  manifestsOf('WorkspaceApplicationPolicy'),
  manifestsOf('WorkspaceFleet'),
  manifestsOf('NotificationProvider'),
);
const file = fc
  .tuple(fc.array(manifest, { minLength: 1, maxLength: 2 }), fc.array(edit, { maxLength: 4 }))
  .map(([manifests, edits]) =>
    edits.reduce(
      (text, { at, fragment, replaces, onItsOwnLine }) => {
        const offset = Math.floor(at * text.length);
        const from = onItsOwnLine ? text.lastIndexOf('\n', offset) + 1 : offset;
        return `${text.slice(0, from)}${fragment}${onItsOwnLine ? '\n' : ''}${text.slice(from + replaces)}`;
      },
      manifests.map((one) => stringify(one)).join('---\n'),
    ),
  );

/** Lints a file and checks the properties that hold for all files. */
function lintText(text: string) {
  const result = lint(resourcesIn('a.yaml', text));
  const lines = text.split('\n');
  for (const { position, excerpt } of result.problems) {
    const line = lines[position.line - 1];
    expect(line).toBeDefined();
    expect(position.column).toBeGreaterThanOrEqual(1);
    expect(position.column).toBeLessThanOrEqual((line ?? '').length + 1);
    expect(line).toContain(excerpt);
  }
  const shown = Object.values(LINT_FORMATS).map((format) => format(result));
  expect(shown.filter((one) => UNPRINTABLE.test(one))).toEqual([]);
  return result;
}

test('lint ends for any file, with positions in the file and without control characters in the output', () => {
  fc.assert(
    fc.property(file, (text) => void lintText(text)),
    fuzzRuns(150),
  );
});

const BOMB = ['a: &a [x, x, x, x, x, x, x, x, x]'];
for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi']) {
  BOMB.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`);
}
const HEAD = 'apiVersion: wsap.dev/v1alpha1\nkind: WorkspaceApplicationPolicy\nmetadata: {name: a}\n';

test.each<[string, string]>([
  ['aliases that multiply', `${BOMB.join('\n')}\n${HEAD}spec: *i\n`],
  ['an alias of a value that contains it', `${HEAD}spec: &a {workspaceSelector: *a}\n`],
  ['an alias without an anchor', `${HEAD}spec: *nobody\n`],
  ['a duplicate key', `${HEAD}spec: {suspend: true, suspend: false}\n`],
  ['nested lists', `${HEAD}spec: ${'['.repeat(20_000)}\n`],
  ['closed nested lists', `${HEAD}spec: ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`],
])('rejects a file with %s', (_, text) => {
  expect(lintText(text).problems).not.toEqual([]);
});

test('checks 10,000 documents', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => `apiVersion: v1\nkind: Secret\nmetadata: {name: a${n}}\n`);
  expect(lintText(many.join('---\n')).problems).toEqual([]);
});

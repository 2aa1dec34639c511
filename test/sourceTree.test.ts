import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importViolations, readSourceTree } from './sourceTree.ts';

function violations(files: Record<string, string>): string[] {
  return importViolations(new Map(Object.entries(files)));
}

it('keeps to the import rules in src', async () => {
  const tree = await readSourceTree(join(import.meta.dirname, '..'));

  expect(tree.size).toBeGreaterThan(0);
  expect(importViolations(tree)).toEqual([]);
});

describe('the check of import directions', () => {
  it('accepts imports of the same and of earlier layers', () => {
    const files = {
      'src/clock.ts': 'export const a = 1;',
      'src/policy/parse.ts': "import { readFileSync } from 'node:fs';\nimport { Ajv2020 } from 'ajv/dist/2020.js';",
      'src/plan/diff.ts': "import { a } from '../clock.ts';\nimport type { B } from './budget.ts';",
      'src/plan/budget.ts': 'export type B = 1;',
      'src/aws/client.ts': "import { WorkSpacesClient } from '@aws-sdk/client-workspaces';",
      'src/operator/flags.ts': 'export const flags = [];',
      'src/operator.ts': "import { flags } from './operator/flags.ts';",
      'src/cli/main.ts': "export * from '../operator.ts';\nimport table from './table.json' with { type: 'json' };",
    };

    expect(violations(files)).toEqual([]);
  });

  const wrong = [
    ['an import', "import { x } from '../aws/client.ts';"],
    ['a type import with a comment in it', "import type { /* isn't pure */ X } from '../aws/client.ts';"],
    ['a re-export', "export { x } from '../aws/client.ts';"],
    ['a re-export of everything', "export * from '../aws/client.ts';"],
    ['an import for its effects', "import '../aws/client.ts';"],
    ['a dynamic import', "const x = async () => (await import('../aws/client.ts')).x;"],
    ['an import type', "type X = import('../aws/client.ts').X;"],
  ] as const;
  it.each(wrong)('refuses %s of a later layer, and says what is allowed', (_, text) => {
    expect(violations({ 'src/plan/diff.ts': text })).toEqual([
      'src/plan/diff.ts imports ../aws/client.ts: plan may import clock, backoff, fairQueue, compare, sanitize, table, slices, sequence, sharedLists, sharedTexts, lazyMap, policy, fleet, eventbridge, inventory, plan',
    ]);
  });

  it("isn't misled by comments and strings", () => {
    const text = "// import '../aws/client.ts';\nconst s = `\nimport '../aws/client.ts';\n`;\nconst r = /['\"`]/;";

    expect(violations({ 'src/plan/diff.ts': text })).toEqual([]);
  });

  it('refuses a package that does I/O in the core', () => {
    expect(violations({ 'src/plan/diff.ts': "import { readFile } from 'node:fs/promises';" })).toEqual([
      'src/plan/diff.ts imports node:fs/promises: plan is part of the core, which may import the packages @marcbachmann/cel-js, ajv, ajv-formats, node-cron, node:crypto, node:util, typebox, yaml',
    ]);
  });

  it('refuses an import of test code', () => {
    expect(violations({ 'src/cli/main.ts': "import { fake } from '../../test/fleet/fake.ts';" })).toEqual([
      'src/cli/main.ts imports ../../test/fleet/fake.ts: src imports nothing outside src',
    ]);
  });

  it('refuses a file that no layer claims', () => {
    expect(violations({ 'src/helpers.ts': '' })).toEqual([
      'src/helpers.ts belongs to no layer: name it in LAYERS of test/sourceTree.ts',
    ]);
  });

  it('refuses a dynamic import that it cannot follow', () => {
    expect(() => violations({ 'src/cli/main.ts': 'export const load = (name: string) => import(name);' })).toThrow(
      'src/cli/main.ts imports something that is computed',
    );
  });

  it('names every file of a circle, once', () => {
    const files = {
      'src/plan/a.ts': "import { b } from './b.ts';",
      'src/plan/b.ts': "import type { C } from './c.ts';",
      'src/plan/c.ts': "import { a } from './a.ts';",
      'src/plan/d.ts': "import { a } from './a.ts';",
    };

    expect(violations(files)).toEqual([
      'imports form a circle: src/plan/a.ts → src/plan/b.ts → src/plan/c.ts → src/plan/a.ts',
    ]);
  });
});

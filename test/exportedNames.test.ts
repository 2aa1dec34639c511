import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { duplicateExports } from './exportedNames.ts';
import { readSourceTree } from './sourceTree.ts';

function duplicates(files: Record<string, string>): string[] {
  return duplicateExports(new Map(Object.entries(files)));
}

it('finds no duplicate in src', async () => {
  const tree = await readSourceTree(join(import.meta.dirname, '..'));

  expect(duplicateExports(tree)).toEqual([]);
});

describe('the check of exported names', () => {
  const declarations = [
    'export const same = 1;',
    'export const other = 1, same = 2;',
    'export function same() {}',
    'export async function* same() {}',
    'export class same {}',
    'export abstract class same {}',
    'export interface same {}',
    'export type same = 1;',
    'export enum same {}',
    'const same = 1;\nexport { same };',
    'const local = 1;\nexport { local as same };',
    'interface same {}\nexport type { same };',
  ];

  it.each(declarations)('finds a name that two files declare: %s', (text) => {
    expect(duplicates({ 'src/a.ts': text, 'src/b.ts': 'export type same = 1;' })).toEqual([
      'same is exported by src/a.ts and src/b.ts: rename one, or re-export the other',
    ]);
  });

  it('finds a generated type that is declared again', () => {
    const files = { 'src/a.gen.ts': 'export interface Fleet {}', 'src/b.ts': 'export interface Fleet {}' };

    expect(duplicates(files)).toHaveLength(1);
  });

  const accepted = [
    "export { same } from './b.ts';",
    "export type { same } from './b.ts';",
    "export * from './b.ts';",
    "export * as same from './b.ts';",
    "import { same } from './b.ts';\nexport { same };",
    'const same = 1;',
    'const same = 1;\nexport { same as other };',
    'export default class same {}',
    'export function f() {\n  const same = 1;\n  return same;\n}',
  ];

  it.each(accepted)('accepts one meaning of a name: %s', (text) => {
    expect(duplicates({ 'src/a.ts': text, 'src/b.ts': 'export const same = 1;' })).toEqual([]);
  });

  it('accepts a type and a value of one name in one file', () => {
    expect(duplicates({ 'src/a.ts': 'export type Same = 1;\nexport const Same = 1;' })).toEqual([]);
  });

  it('rejects an exported pattern, whose names it cannot see', () => {
    expect(() => duplicates({ 'src/a.ts': 'export const { same } = f();' })).toThrow('export each name');
  });
});

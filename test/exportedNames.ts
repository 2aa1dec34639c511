/**
 * No exported name of src has two meanings: two files never declare and export the same name. A re-export is the same symbol, so it is
 * allowed, also of a generated type. `npm run check` runs this file, which exits 1 on a duplicate.
 */
import { join } from 'node:path';
import { parseAst } from 'vitest/node';
import { readSourceTree, type SourceTree } from './sourceTree.ts';

interface Name {
  readonly name?: string;
}

interface Statement {
  readonly type: string;
  readonly source?: unknown;
  readonly id?: Name | null;
  readonly declaration?: Statement | null;
  readonly declarations?: readonly { readonly id: Name }[];
  readonly specifiers?: readonly { readonly local: Name; readonly exported: Name }[];
}

/** Returns one line for each name that several files declare and export, with these files. */
export function duplicateExports(tree: SourceTree): string[] {
  const files = new Map<string, string[]>();
  for (const [path, text] of tree) {
    for (const name of declaredExports(path, text)) {
      files.set(name, [...(files.get(name) ?? []), path]);
    }
  }
  return [...files]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name} is exported by ${paths.join(' and ')}: rename one, or re-export the other`);
}

/** Returns the names that a file both declares and exports. */
function declaredExports(path: string, text: string): Set<string> {
  const body = parseAst(text, { lang: 'ts' }, path).body as unknown as readonly Statement[];
  const declared = new Set(body.flatMap((statement) => namesOf(statement.declaration ?? statement)));
  const names = new Set<string>();
  for (const { type, source, declaration, specifiers = [] } of body) {
    if (type !== 'ExportNamedDeclaration' || source) {
      continue;
    }
    if (declaration && namesOf(declaration).length === 0) {
      throw new Error(`${path} exports a pattern, whose names cannot be checked: export each name`);
    }
    const listed = specifiers.filter(({ local }) => declared.has(local.name ?? ''));
    for (const name of [...(declaration ? namesOf(declaration) : []), ...listed.map(({ exported }) => exported.name)]) {
      names.add(name ?? '');
    }
  }
  return names;
}

/** Returns the names that a declaration introduces: none for other statements and for patterns. */
function namesOf({ id, declarations = [] }: Statement): string[] {
  return [id, ...declarations.map((declarator) => declarator.id)].flatMap((name) => name?.name ?? []);
}

if (import.meta.main) {
  const duplicates = duplicateExports(await readSourceTree(join(import.meta.dirname, '..')));
  for (const duplicate of duplicates) {
    process.stderr.write(`${duplicate}\n`);
  }
  process.exitCode = duplicates.length === 0 ? 0 : 1;
}

import { compileGlob, type Glob, matchesGlob, signatureOf, signatureOfText } from './glob.ts';

/** A list of patterns, compiled so that a match takes a few lookups, however long the list is. */
export interface GlobList {
  /** Patterns without a wildcard. */
  readonly literals: ReadonlySet<string>;
  /** Beginnings of texts, by their length. */
  readonly prefixes: ReadonlyMap<number, ReadonlySet<string>>;
  /** Ends of texts, by their length. */
  readonly suffixes: ReadonlyMap<number, ReadonlySet<string>>;
  /** All other patterns. */
  readonly others: readonly Glob[];
  /** Signatures of `others`, because most patterns can be ruled out by them. */
  readonly signatures: Int32Array;
}

/** Compiles a list of patterns. */
export function compileGlobs(patterns: readonly string[]): GlobList {
  const globs = patterns.map(compileGlob);
  const others = globs.filter(({ kind }) => kind === 'Parts');
  const textsOf = (kind: Glob['kind']) =>
    globs.flatMap((glob) => (glob.kind === kind && 'text' in glob ? [glob.text] : []));
  return {
    literals: new Set(textsOf('Literal')),
    prefixes: byLength(textsOf('Prefix')),
    suffixes: byLength(textsOf('Suffix')),
    others,
    signatures: Int32Array.from(others, signatureOf),
  };
}

function byLength(texts: readonly string[]): ReadonlyMap<number, ReadonlySet<string>> {
  const groups = Map.groupBy(texts, ({ length }) => length);
  return new Map([...groups].map(([length, group]) => [length, new Set(group)]));
}

/** Whether the list contains no pattern. */
export function isEmptyList(list: GlobList): boolean {
  return isLiteralList(list) && list.literals.size === 0;
}

/** Whether no pattern contains a wildcard. */
export function isLiteralList({ prefixes, suffixes, others }: GlobList): boolean {
  return prefixes.size + suffixes.size + others.length === 0;
}

/** Whether a text matches one of the patterns. */
export function matchesAnyGlob(list: GlobList, text: string): boolean {
  const { literals, prefixes, suffixes } = list;
  if (literals.has(text)) {
    return true;
  }
  for (const [length, group] of prefixes) {
    if (group.has(text.slice(0, length))) {
      return true;
    }
  }
  for (const [length, group] of suffixes) {
    if (length <= text.length && group.has(text.slice(text.length - length))) {
      return true;
    }
  }
  return matchesOther(list, text);
}

function matchesOther({ others, signatures }: GlobList, text: string): boolean {
  if (others.length === 0) {
    return false;
  }
  const given = signatureOfText(text);
  for (let index = 0; index < others.length; index++) {
    const needed = signatures[index] ?? 0;
    const glob = others[index];
    if ((needed & given) === needed && glob !== undefined && matchesGlob(glob, text)) {
      return true;
    }
  }
  return false;
}

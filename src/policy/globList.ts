import { complete } from '../slices.ts';
import { compileGlob, type Glob, type GlobWithParts } from './glob.ts';
import { GlobTrie } from './globTrie.ts';

/** A list of patterns, compiled so that a match takes a few lookups, however long the list is. */
export interface GlobList {
  /** Patterns without a wildcard. */
  readonly literals: ReadonlySet<string>;
  /** Beginnings of texts, by their length. */
  readonly prefixes: ReadonlyMap<number, ReadonlySet<string>>;
  /** Ends of texts, by their length. */
  readonly suffixes: ReadonlyMap<number, ReadonlySet<string>>;
  /** All other patterns. */
  readonly others: readonly GlobWithParts[];
  /** `others` by their parts. */
  readonly trie: GlobTrie<true>;
}

/** Compiles a list of patterns. */
export function compileGlobs(patterns: readonly string[]): GlobList {
  const globs = patterns.map(compileGlob);
  const others = globs.filter((glob) => glob.kind === 'Parts');
  const textsOf = (kind: Glob['kind']) =>
    globs.flatMap((glob) => (glob.kind === kind && 'text' in glob ? [glob.text] : []));
  return {
    literals: new Set(textsOf('Literal')),
    prefixes: byLength(textsOf('Prefix')),
    suffixes: byLength(textsOf('Suffix')),
    others,
    trie: complete(GlobTrie.build(others.map((glob) => ({ glob, value: true as const })))),
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
export function matchesAnyGlob({ literals, prefixes, suffixes, others, trie }: GlobList, text: string): boolean {
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
  return others.length > 0 && trie.some(text, () => true);
}

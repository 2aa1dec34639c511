/** Reads rules.yaml. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { KINDS, type Kind } from './extract.ts';
import { CODE, VALUE } from './mask.ts';

/** A rule as rules.yaml has it. */
export interface RuleSource {
  readonly name: string;
  readonly find?: string;
  readonly words?: Readonly<Record<string, string>>;
  readonly use?: string;
  readonly because?: string;
  readonly in?: readonly Kind[];
  readonly exact?: boolean;
  readonly wrong: readonly string[];
  readonly right: readonly string[];
}

export interface Rule {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly because: string | undefined;
  readonly patterns: readonly { readonly find: RegExp; readonly use: string }[];
}

export const RULE_SOURCES: readonly RuleSource[] = parse(readFileSync(join(import.meta.dirname, 'rules.yaml'), 'utf8'));

export const RULES: readonly Rule[] = RULE_SOURCES.map(compile);

export function compile({
  name,
  find,
  words = {},
  use = '',
  because,
  in: kinds = KINDS,
  exact = false,
}: RuleSource): Rule {
  const flags = exact ? 'gu' : 'giu';
  const patterns = Object.entries(words).map(([word, replacement]) => ({
    // A word, and not a part of a name.
    find: new RegExp(expand(`(?<![\\w./@:$-])(?:${word})(?![\\w$]|[-./:@]\\w)`), flags),
    use: replacement,
  }));
  return {
    name,
    kinds,
    because,
    patterns: find === undefined ? patterns : [{ find: new RegExp(expand(find), flags), use }, ...patterns],
  };
}

function expand(pattern: string): string {
  return (
    pattern
      // Nothing extends over a break.
      .replaceAll('\\S', '[^\\s]')
      .replaceAll('[^', '[^\\0')
      .replace(/^\^/, '(?<=(?:^|\\0)\\s*)')
      .replaceAll('<code>', `${CODE}+(?!${CODE})`)
      .replaceAll('<value>', `${VALUE}+(?!${VALUE})`)
      .replaceAll(' ?', '\\s*')
      .replaceAll(' ', '\\s+')
  );
}

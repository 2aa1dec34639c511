/**
 * The prose of a file, at its place: a string as long as the file in which everything else is masked, so that an offset in it is an offset
 * in the file.
 */

/** Separates pieces of prose; matches nothing that a rule asks for. */
const BREAK = '\0';
/** Code inside a sentence, for example, a code span or a path. */
export const CODE = '\uE000';
/** A value that is filled into a sentence, for example, `${name}`. */
export const VALUE = '\uE001';

/** Text that names things in code, wherever it is written. Each alternative leaves ordinary words alone. */
const CODE_LIKE = new RegExp(
  [
    /`[^`\n]+`/, // A code span.
    /\b[a-z][a-z+.-]*:\/\/[^\s)>"']+/, // A URL.
    /(?<![\w/])(?:\.{0,2}\/)?[\w@.*{},\uE001-]+(?:\/[\w@.*{},\uE001-]+){2,}\/?/, // A path of three or more parts.
    /(?<![\w/])(?:\.{1,2}\/|\/)[\w@.*-]+(?:\/[\w@.*-]+)*/, // A path from a folder or from the root.
    /[\w@-]+(?:\.[\w-]+)+\/[\w.-]+/, // An annotation or a label with its domain.
    /(?<![\w.])[\w$-]{2,}(?:\.[\w$-]{2,})+(?:\(\))?/, // A dotted name or a file name.
    /(?<![\w-])--?[a-z][\w-]*/, // A flag.
    /\{\{[^}\n]*\}\}/, // A template action.
    /\{@link [^}]*\}/, // A reference of TSDoc.
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

export class Mask {
  readonly #source: string;
  readonly #units: string[];

  constructor(source: string) {
    this.#source = source;
    this.#units = new Array<string>(source.length).fill(BREAK);
  }

  /** Shows the source from start to end. */
  show(start: number, end: number): void {
    for (let index = start; index < end; index++) {
      this.#units[index] = this.#source[index] ?? BREAK;
    }
  }

  /** Replaces what the source has from start to end, by code, a value, white space or a break. */
  fill(start: number, end: number, unit: typeof CODE | typeof VALUE | typeof BREAK | ' '): void {
    this.#units.fill(unit, start, end);
  }

  hide(start: number, end: number): void {
    this.fill(start, end, BREAK);
  }

  /** Fills what a pattern finds in the shown text, by its first group if it has one. */
  fillMatches(pattern: RegExp, unit: Parameters<Mask['fill']>[2]): void {
    for (const match of this.toString().matchAll(pattern)) {
      this.fill(match.index, match.index + match[0].length, unit);
    }
  }

  /** Masks what looks like code inside sentences, and ends a piece of prose at an empty line. */
  finish(): string {
    this.fillMatches(/\n[ \t]*(?=\n)/g, BREAK);
    this.fillMatches(CODE_LIKE, CODE);
    return this.toString();
  }

  toString(): string {
    return this.#units.join('');
  }
}

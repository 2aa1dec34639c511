/**
 * A compiled pattern. `*` matches any number of characters, and `?` matches one. All other characters match themselves. A character is a
 * Unicode code point.
 */
export type Glob = { readonly kind: 'Literal' | 'Prefix' | 'Suffix'; readonly text: string } | GlobWithParts;

/** A pattern that is neither a text, nor the beginning of a text, nor its end. */
export interface GlobWithParts {
  readonly kind: 'Parts';
  readonly pattern: string;
  /** Parts between the stars. The first one is at the start of the text. It can be empty. */
  readonly parts: readonly Part[];
  /** Part at the end of the text. It can be empty. Undefined if the pattern contains no star. */
  readonly last: Part | undefined;
}

/** A part of a pattern without stars: a text, or the code points of a part with `?`, for which they are undefined. */
export type Part = string | { readonly text: string; readonly characters: readonly (number | undefined)[] };

/** Compiles a pattern. Needs no regular expression, because one that is built from a tenant's text could take exponential time. */
export function compileGlob(pattern: string): Glob {
  const isSplittable = !pattern.includes('?') && pattern.isWellFormed();
  const star = pattern.indexOf('*');
  if (star < 0 && !pattern.includes('?')) {
    return { kind: 'Literal', text: pattern };
  }
  if (isSplittable && star === pattern.length - 1) {
    return { kind: 'Prefix', text: pattern.slice(0, -1) };
  }
  if (isSplittable && pattern.lastIndexOf('*') === 0) {
    return { kind: 'Suffix', text: pattern.slice(1) };
  }
  const [first = '', ...others] = pattern.split('*');
  const middle = others.slice(0, -1).filter((text) => text !== '');
  return {
    kind: 'Parts',
    pattern,
    parts: [first, ...middle].map(toPart),
    last: others.slice(-1).map(toPart)[0],
  };
}

function toPart(text: string): Part {
  return text.includes('?') || !text.isWellFormed()
    ? { text, characters: [...text].map((character) => (character === '?' ? undefined : character.codePointAt(0))) }
    : text;
}

/** Whether a text matches a pattern. Each part is found at most once, so the time is bounded by the product of the two lengths. */
export function matchesGlob(glob: Glob, text: string): boolean {
  switch (glob.kind) {
    case 'Literal':
      return text === glob.text;
    case 'Prefix':
      return text.startsWith(glob.text);
    case 'Suffix':
      return text.endsWith(glob.text);
    case 'Parts':
      return matchesParts(glob, text, 0, 0);
  }
}

/** Whether the parts from an index on match a text from a position on. */
export function matchesParts({ parts, last }: GlobWithParts, text: string, index: number, position: number): boolean {
  let from = position;
  for (let next = index; next < parts.length; next++) {
    const end = endOfPart(parts[next] ?? '', text, from, next === 0);
    if (end === undefined) {
      return false;
    }
    from = end;
  }
  return last === undefined ? from === text.length : endsWith(text, last, from);
}

/**
 * Returns the end of the first match of a part from a position on, or undefined if there is none.
 *
 * @param isAnchored whether the match starts at the position
 */
export function endOfPart(part: Part, text: string, from: number, isAnchored: boolean): number | undefined {
  if (typeof part === 'string') {
    const at = isAnchored ? (text.startsWith(part, from) ? from : -1) : text.indexOf(part, from);
    return at < 0 ? undefined : at + part.length;
  }
  if (isAnchored) {
    return endOfMatch(part.characters, text, from);
  }
  for (let at = from; at < text.length; at += widthAt(text, at)) {
    const end = endOfMatch(part.characters, text, at);
    if (end !== undefined) {
      return end;
    }
  }
  return undefined;
}

/** Whether a text ends with a part that starts at a position or later. */
export function endsWith(text: string, part: Part, from: number): boolean {
  if (typeof part === 'string') {
    return text.length - part.length >= from && text.endsWith(part);
  }
  const start = startOfLast(text, part.characters.length);
  return start >= from && endOfMatch(part.characters, text, start) === text.length;
}

/** Returns the end of characters that match at a position, or undefined if they don't. */
function endOfMatch(characters: readonly (number | undefined)[], text: string, start: number): number | undefined {
  let at = start;
  for (const character of characters) {
    const actual = text.codePointAt(at);
    if (actual === undefined || (character !== undefined && character !== actual)) {
      return undefined;
    }
    at += actual > 0xff_ff ? 2 : 1;
  }
  return at;
}

/** Returns the position of the last `count` characters, or -1 if the text is shorter. */
function startOfLast(text: string, count: number): number {
  let at = text.length;
  for (let n = 0; n < count; n++) {
    const isPair = at >= 2 && widthAt(text, at - 2) === 2;
    at -= isPair ? 2 : 1;
  }
  return at < 0 ? -1 : at;
}

/** Returns the number of code units of the character at a position. */
function widthAt(text: string, at: number): 1 | 2 {
  return (text.codePointAt(at) ?? 0) > 0xff_ff ? 2 : 1;
}

/**
 * Returns a number with one bit for each character and each pair of characters that every match contains. A text can match only if its own
 * signature has all of these bits.
 */
export function signatureOf({ parts, last = '' }: GlobWithParts): number {
  let signature = 0;
  for (const part of [...parts, last]) {
    const literals = typeof part === 'string' ? [part] : part.text.isWellFormed() ? part.text.split('?') : [];
    for (const literal of literals) {
      signature |= signatureOfText(literal);
    }
  }
  return signature;
}

/** Returns the signature of a text. */
export function signatureOfText(text: string): number {
  let signature = 0;
  let before = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    signature |= (1 << (code % 13)) | (index === 0 ? 0 : 1 << (13 + ((before * 7 + code) % 19)));
    before = code;
  }
  return signature;
}

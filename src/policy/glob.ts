/**
 * A compiled pattern. `*` matches any number of characters, and `?` matches one. All other characters match themselves. A character is a
 * Unicode code point.
 */
export type Glob =
  | { readonly kind: 'Literal' | 'Prefix' | 'Suffix'; readonly text: string }
  /**
   * Parts between the stars. The first one is at the start of the text, and the last one at its end. Either can be empty. Without a star,
   * there is no last one.
   */
  | { readonly kind: 'Parts'; readonly first: Part; readonly middle: readonly Part[]; readonly last: Part | undefined };

/** A part of a pattern without stars. */
interface Part {
  readonly text: string;
  /** Code points. Undefined for `?`. */
  readonly characters: readonly (number | undefined)[];
  readonly hasWildcards: boolean;
}

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
  return {
    kind: 'Parts',
    first: toPart(first),
    middle: others
      .slice(0, -1)
      .filter((text) => text !== '')
      .map(toPart),
    last: others.slice(-1).map(toPart)[0],
  };
}

function toPart(text: string): Part {
  const characters = [...text].map((character) => (character === '?' ? undefined : character.codePointAt(0)));
  return { text, characters, hasWildcards: text.includes('?') || !text.isWellFormed() };
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
      return matchesParts(glob, text);
  }
}

function matchesParts({ first, middle, last }: Extract<Glob, { readonly kind: 'Parts' }>, text: string): boolean {
  const start = first.characters.length === 0 ? 0 : endOfMatch(first, text, 0);
  if (start === undefined || last === undefined) {
    return start === text.length;
  }
  let from = start;
  for (const part of middle) {
    const end = findEnd(part, text, from);
    if (end === undefined) {
      return false;
    }
    from = end;
  }
  const lastStart = startOfLast(text, last.characters.length);
  return lastStart >= from && endOfMatch(last, text, lastStart) === text.length;
}

/** Returns the end of the first match of a part from a position on, or undefined if there is none. */
function findEnd(part: Part, text: string, from: number): number | undefined {
  if (!part.hasWildcards) {
    const at = text.indexOf(part.text, from);
    return at < 0 ? undefined : at + part.text.length;
  }
  for (let at = from; at < text.length; at += widthAt(text, at)) {
    const end = endOfMatch(part, text, at);
    if (end !== undefined) {
      return end;
    }
  }
  return undefined;
}

/** Returns the end of a part that matches at a position, or undefined if it doesn't. */
function endOfMatch({ characters }: Part, text: string, start: number): number | undefined {
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
export function signatureOf(glob: Glob): number {
  if (glob.kind !== 'Parts') {
    return signatureOfText(glob.text);
  }
  let signature = 0;
  for (const { text } of [glob.first, ...glob.middle, ...(glob.last === undefined ? [] : [glob.last])]) {
    for (const literal of text.isWellFormed() ? text.split('?') : []) {
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

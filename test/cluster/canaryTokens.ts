import { randomBytes } from 'node:crypto';

const WORD = 'canary-';

/** Returns a credential that contains a name. If the credential leaks, the name shows where it came from. */
export function canaryToken(place: string): string {
  return `${WORD}${place}-${randomBytes(12).toString('hex')}`;
}

/** Returns the names of all canary tokens in a text, in plain text or in base64, complete or truncated. */
export function canaryTokensIn(text: string): string[] {
  const plain = [...text.matchAll(/canary-[a-z]*/g)].map(([found]) => found);
  const encoded = ENCODED.filter((part) => text.includes(part)).map((part) => `${WORD} in base64 (${part})`);
  return [...new Set([...plain, ...encoded])].sort();
}

/** Base64 encodings of the prefix for each of the three alignments. */
const ENCODED = [0, 1, 2].map((offset) => {
  const bits = { from: offset * 8, to: (offset + WORD.length) * 8 };
  const text = Buffer.from(`${'x'.repeat(offset)}${WORD}`).toString('base64');
  return text.slice(Math.ceil(bits.from / 6), Math.floor(bits.to / 6));
});

import { randomBytes } from 'node:crypto';

const WORD = 'canary-';

/** A credential for a place, which tells where it was found if it is. */
export function canary(place: string): string {
  return `${WORD}${place}-${randomBytes(12).toString('hex')}`;
}

/** The places of canaries that a text gives away, as they are or in base64, whole or a part. */
export function canariesIn(text: string): string[] {
  const plain = [...text.matchAll(/canary-[a-z]*/g)].map(([found]) => found);
  const encoded = ENCODED.filter((part) => text.includes(part)).map((part) => `${WORD} in base64 (${part})`);
  return [...new Set([...plain, ...encoded])].sort();
}

/** What base64 makes of the word, wherever in a longer text it begins. */
const ENCODED = [0, 1, 2].map((offset) => {
  const bits = { from: offset * 8, to: (offset + WORD.length) * 8 };
  const text = Buffer.from(`${'x'.repeat(offset)}${WORD}`).toString('base64');
  return text.slice(Math.ceil(bits.from / 6), Math.floor(bits.to / 6));
});

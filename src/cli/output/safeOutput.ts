import { stringify } from 'yaml';

/** Control characters, and format characters that change the direction or the look of text. A terminal must not receive them. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;

/** Formats a value as JSON. Unprintable characters are escaped, so that parsing returns the same value. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2).replace(UNPRINTABLE, escapeOf)}\n`;
}

/** Formats a value as YAML. Strings are quoted if any character must be escaped. */
export function toYaml(value: unknown): string {
  const plain = stringify(value, { lineWidth: 0 });
  return plain.search(UNPRINTABLE) === -1
    ? plain
    : stringify(value, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE' }).replace(UNPRINTABLE, escapeOf);
}

function escapeOf(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}

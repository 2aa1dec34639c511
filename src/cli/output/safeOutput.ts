import { stringify } from 'yaml';

/** Controls, and what changes the direction or the look of the text around it: nothing of it may reach a terminal as it is. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;

/** JSON as it may be shown: characters that a terminal would act on are escaped, and so come back as they were. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2).replace(UNPRINTABLE, escapeOf)}\n`;
}

/** The same in YAML, in which only quoted texts have escapes. */
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

/** Everything that could move a cursor, colour a terminal, reorder text or hide in it. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu;

/**
 * Text from AWS or a manifest, made safe to print: control and format characters (escape sequences, line breaks, bidirectional
 * overrides) become the replacement character, and what is longer than `maxLength` characters ends in an ellipsis.
 */
export function printable(text: string, maxLength = 256): string {
  const bounded = text.slice(0, maxLength * 2 + 2);
  const characters = [...bounded.replace(UNPRINTABLE, '\uFFFD')];
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : characters.join('');
}

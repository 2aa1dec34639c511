/** Everything that could move a cursor, colour a terminal, reorder text or hide in it. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** What most text is: nothing in it needs a closer look. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Text from AWS or a manifest, made safe to print: control and format characters (escape sequences, line breaks, bidirectional
 * overrides) become the replacement character, and what is longer than `maxLength` characters ends in an ellipsis.
 */
export function sanitize(text: string, maxLength = 256): string {
  if (text.length <= maxLength && PLAIN.test(text)) {
    return text;
  }
  const characters = [...stripControlCharacters(text.slice(0, maxLength * 2 + 2))];
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : characters.join('');
}

/** The same for text of any length, as a line of a log. */
export function stripControlCharacters(text: string): string {
  return text.replace(UNPRINTABLE, '\uFFFD');
}

/** How credentials look in what servers and proxies send back: headers, parts of what was signed, tokens, the user in a URL. */
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  // AWS answers a wrong signature with what should have been signed, the session's token included.
  [/\s*The Canonical String for this request should have been[\s\S]*/, ''],
  [/(x-amz-security-token['"]?\s*[:=]\s*['"]?)[^\s'",;&]+/gi, '$1***'],
  [/\b(Credential|Signature)=[^\s'",;&]+/g, '$1=***'],
  [/\b(Bearer|Basic) [\w+./~-]{16,}=*/gi, '$1 ***'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '***'],
  [/(\w:\/\/)[^\s/@]+@/g, '$1***@'],
];

/** Text from a server, without the credentials that it may have repeated from the request. */
export function redactCredentials(text: string): string {
  return CREDENTIALS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

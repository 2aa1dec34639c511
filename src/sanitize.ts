/** Characters that could move the cursor, color the terminal, reorder text, or be invisible. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Fast path: printable ASCII needs no replacement. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/**
 * Makes text from AWS or a manifest safe to print. Replaces control and format characters (escape sequences, line breaks, bidirectional
 * overrides) with the replacement character, and shortens the text to `maxLength` characters with an ellipsis.
 */
export function sanitize(text: string, maxLength = 256): string {
  if (text.length <= maxLength && PRINTABLE_ASCII.test(text)) {
    return text;
  }
  const characters = [...stripControlCharacters(text.slice(0, maxLength * 2 + 2))];
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : characters.join('');
}

/** Replaces control and format characters in text of any length, for example, a log line. */
export function stripControlCharacters(text: string): string {
  return text.replace(UNPRINTABLE, '\uFFFD');
}

/** Patterns of credentials in responses of servers and proxies: headers, parts of signed requests, tokens, the user in a URL. */
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  // For an invalid signature, AWS returns the string that should have been signed, which contains the session token.
  [/\s*The Canonical String for this request should have been[\s\S]*/, ''],
  [/(x-amz-security-token['"]?\s*[:=]\s*['"]?)[^\s'",;&]+/gi, '$1***'],
  [/\b(Credential|Signature)=[^\s'",;&]+/g, '$1=***'],
  [/\b(Bearer|Basic) [\w+./~-]{16,}=*/gi, '$1 ***'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '***'],
  [/(\w:\/\/)[^\s/@]+@/g, '$1***@'],
];

/** Removes credentials that a server may have copied from the request into its response. */
export function redactCredentials(text: string): string {
  return CREDENTIALS.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), text);
}

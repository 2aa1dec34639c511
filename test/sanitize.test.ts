import { expect, test } from 'vitest';
import { redactCredentials, sanitize, stripControlCharacters } from '../src/sanitize.ts';

test.each([
  ['plain text', 'Jörg Müller, 東京', 'Jörg Müller, 東京'],
  ['an escape sequence', '\u001b[31mred\u001b[0m', '\uFFFD[31mred\uFFFD[0m'],
  ['line breaks and tabs', 'a\r\nb\tc', 'a\uFFFD\uFFFDb\uFFFDc'],
  ['a bidirectional override', 'abc\u202efdp.exe', 'abc\uFFFDfdp.exe'],
  ['a zero-width space', 'a\u200bb', 'a\uFFFDb'],
  ['line and paragraph separators', 'a\u2028b\u2029c', 'a\uFFFDb\uFFFDc'],
  ['C1 controls', 'a\u009b2Jb', 'a\uFFFD2Jb'],
  ['half a surrogate pair', 'a\ud800b', 'a\uFFFDb'],
])('%s', (_, text, expected) => {
  expect(sanitize(text)).toBe(expected);
});

test('long text is shortened between characters', () => {
  expect(sanitize('😀'.repeat(10), 4)).toBe('😀😀😀…');
  expect(sanitize('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxx…');
  expect(sanitize('😀'.repeat(4), 4)).toBe('😀😀😀😀');
});

test('a line keeps its length', () => {
  expect(stripControlCharacters(`${'x'.repeat(5_000)}\u001b`)).toBe(`${'x'.repeat(5_000)}\uFFFD`);
});

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl';

test.each([
  ['a bearer token', 'authorization: Bearer abcdefghijklmnop1234', 'authorization: Bearer ***'],
  ['a password', 'Authorization: Basic dXNlcjpwYXNzd29yZDEyMw==', 'Authorization: Basic ***'],
  ['a JSON Web Token', `the token ${JWT} has expired`, 'the token *** has expired'],
  ['the user in a URL', 'https://admin:hunter2@10.0.0.1:6443/api', 'https://***@10.0.0.1:6443/api'],
  ["AWS's session token", '{"x-amz-security-token":"IQoJb3JpZ2luX2VjE","a":1}', '{"x-amz-security-token":"***","a":1}'],
  [
    "AWS's signature",
    'AWS4-HMAC-SHA256 Credential=AKIA/20261124/eu, SignedHeaders=host, Signature=0123abcd',
    'AWS4-HMAC-SHA256 Credential=***, SignedHeaders=host, Signature=***',
  ],
  [
    'what should have been signed',
    "It does not match.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:x'",
    'It does not match.',
  ],
])('%s is removed from the text of a server', (_, text, expected) => {
  expect(redactCredentials(text)).toBe(expected);
});

test.each([
  'Microsoft Visual Basic Professional 2021',
  'HTTP Basic authentication is not supported',
  'mail ada@example.com, or see https://example.com/a@b',
  'arn:aws:sts::123456789012:assumed-role/wsap/wsap-emea is not authorized to perform: workspaces:DescribeWorkspaces',
])('text without credentials is unchanged: %s', (text) => {
  expect(redactCredentials(text)).toBe(text);
});

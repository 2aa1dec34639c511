import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { assertValidYamlCharacters, decodeText, readTextFile, TextFileError } from '../src/textFile.ts';

const TEXT = 'name: jürgen.müller\r\nother: "€ 😀"\n';
const utf16le = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const utf16be = (text: string) => utf16le(text).swap16();

describe('a text file is read in', () => {
  test.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${TEXT}`)],
    ['UTF-16, little-endian', utf16le(TEXT)],
    ['UTF-16, big-endian', utf16be(TEXT)],
  ])('%s', (_, bytes) => {
    expect(decodeText(bytes, 'a.yaml')).toBe(TEXT);
  });

  test('UTF-8 that contains U+FFFD itself', () => {
    expect(decodeText(Buffer.from('a\ufffdb'), 'a.yaml')).toBe('a\ufffdb');
  });

  test('lines that end with a carriage return only', () => {
    expect(decodeText(Buffer.from('a: 1\rb: 2\r\nc: 3'), 'a.yaml')).toBe('a: 1\nb: 2\r\nc: 3');
  });

  test('nothing', () => {
    expect(decodeText(Buffer.alloc(0), 'a.yaml')).toBe('');
  });
});

describe('a file is rejected with the position of', () => {
  test.each<[string, Buffer, string]>([
    [
      'the first character of Windows-1252',
      Buffer.from('a: 1\nb: [j\u00fcrgen, m\u00fcller]\n', 'latin1'),
      'a.yaml:2:6: byte 0xFC (ü in Windows-1252) is not valid UTF-8; save the file as UTF-8',
    ],
    ['a byte that no encoding has there', Buffer.from([0x61, 0x0a, 0x80]), 'a.yaml:2:1: byte 0x80 is not valid UTF-8'],
    ['an invalid byte after U+FFFD', Buffer.concat([Buffer.from('é\ufffd'), Buffer.of(0xff)]), 'a.yaml:1:3: byte 0xFF'],
    ['a character that ends too early', Buffer.from('a: ü').subarray(0, 4), 'a.yaml:1:4: byte 0xC3'],
    ['a surrogate in UTF-8', Buffer.from([0x61, 0xed, 0xa0, 0x80]), 'a.yaml:1:2: byte 0xED'],
    ['half a character of UTF-16', utf16le('a: 1\nb').subarray(0, 13), 'a.yaml:2:1: not valid UTF-16LE'],
    ['a lone surrogate in UTF-16', utf16be('a: 1\n\ud800x'), 'a.yaml:2:1: not valid UTF-16BE'],
    ['the byte order mark of UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), 'a.yaml:1:1: encoded in UTF-32'],
    ['the byte order mark of UTF-32, big-endian', Buffer.from([0, 0, 0xfe, 0xff]), 'a.yaml:1:1: encoded in UTF-32'],
    ['UTF-16 without a byte order mark', Buffer.from('a: 1', 'utf16le'), 'a.yaml:1:2: contains a NUL character'],
    [
      'an umlaut in UTF-16 without a byte order mark',
      Buffer.from('a: ü', 'utf16le').swap16(),
      'a.yaml:1:1: contains a NUL character',
    ],
    ['UTF-32 without a byte order mark', Buffer.from('a\0\0\0:\0\0\0ü\0\0\0', 'latin1'), 'a.yaml:1:2: contains a NUL'],
    ['an overlong character', Buffer.from([0x61, 0xc0, 0xaf]), 'a.yaml:1:2: byte 0xC0'],
    ['binary data', Buffer.from([0x61, 0x0a, 0x62, 0]), 'a.yaml:2:2: contains a NUL character'],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeText(bytes, 'a.yaml')).toThrow(message);
    expect(() => decodeText(bytes, 'a.yaml')).toThrow(TextFileError);
  });

  test.each(['\u0001', '\u001b', '\u007f', '\u0085', '\u009b', '\u2028', '\uffff'])(
    'a character that kubectl rejects in YAML: %j',
    (character) => {
      expect(() => assertValidYamlCharacters(`a: 1\nb: x${character}`, 'a.yaml')).toThrow(
        /^a\.yaml:2:5: contains the control character U\+[0-9A-F]{4}; remove it$/,
      );
    },
  );

  test('no other character', () => {
    expect(() => assertValidYamlCharacters('\ta: "ü😀\u00a0"\r\n---\n\ufeffb', 'a.yaml')).not.toThrow();
  });
});

describe('a path can’t be', () => {
  test.each([
    'https://example.com/policies.yaml',
    'HTTP://example.com/a.yaml',
    'git::https://example.com/repository',
    's3://bucket/key',
  ])('a URL: %s', async (url) => {
    await expect(readTextFile(url, 10)).rejects.toThrow(`${url}: URLs are not supported; download the file`);
  });

  test('a URL, whose credentials aren’t repeated', async () => {
    const error: Error = await readTextFile('https://anna:secret@example.com/a.yaml?token=secret#secret', 10).then(
      () => Promise.reject(new Error('read')),
      (rejection: Error) => rejection,
    );
    expect(error.message).toContain('https://***@example.com/a.yaml: URLs');
    expect(error.message).not.toContain('secret');
  });

  test('a folder, or missing', async () => {
    await expect(readTextFile(tmpdir(), 10)).rejects.toThrow('EISDIR');
    await expect(readTextFile('/nowhere/a.yaml', 10)).rejects.toThrow('/nowhere/a.yaml: no such file or folder');
  });

  test('larger than the limit, even if it has no size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wsap-text-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'a.yaml');
    await writeFile(file, 'x'.repeat(1024 * 1024));
    await expect(readTextFile(file, 1024 * 1024)).resolves.toHaveLength(1024 * 1024);
    await writeFile(file, 'x'.repeat(1024 * 1024 + 1));
    await expect(readTextFile(file, 1024 * 1024)).rejects.toThrow('larger than 1 MB; split the file');
    await expect(readTextFile('/dev/zero', 1024 * 1024)).rejects.toThrow('/dev/zero: larger than 1 MB');
  });
});

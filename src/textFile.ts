import { open } from 'node:fs/promises';
import process from 'node:process';
import { redactCredentials, sanitize } from './sanitize.ts';

/** A position in a file. Lines and columns start at 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Error for a file that can't be read. The message names the file, the position if there is one, and the remedy. */
export class TextFileError extends Error {
  override readonly name = 'TextFileError';
  /** Undefined if the whole file can't be read. */
  readonly position: Position | undefined;
  /** Message without the file and the position. */
  readonly reason: string;
  /** Text of the line at the position. */
  readonly excerpt: string;

  constructor(file: string, reason: string, position?: Position, excerpt = '') {
    super(`${sanitize(file)}${position === undefined ? '' : `:${position.line}:${position.column}`}: ${reason}`);
    this.reason = reason;
    this.position = position;
    this.excerpt = excerpt;
  }
}

/** Maximum size of a file with manifests. Files stay in memory, and policies are far smaller. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
/** Maximum size of a file with the WorkSpaces of a fleet. 100,000 WorkSpaces need about 100 MB. */
export const MAX_FLEET_BYTES = 256 * 1024 * 1024;

/** Standard input can be read only once, and several flags can name it. */
let standardInput: Promise<Buffer> | undefined;

/**
 * Reads a text file in UTF-8, or in UTF-16 with a byte order mark. The path `-` is standard input.
 *
 * @throws TextFileError if the file can't be read, is too large, or has another encoding
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  assertNoUrl(path);
  const file = path === '-' ? '(stdin)' : path;
  if (path === '-') {
    standardInput ??= collect(process.stdin, MAX_FLEET_BYTES, file);
  }
  const bytes = await (path === '-' ? standardInput : bytesOf(path, maxBytes));
  if (bytes !== undefined && bytes.length <= maxBytes) {
    return decodeText(bytes, file);
  }
  throw tooLarge(file, maxBytes);
}

async function bytesOf(path: string, maxBytes: number): Promise<Buffer> {
  try {
    const handle = await open(path);
    try {
      // Reading stops at the limit, because a device or a pipe has no size.
      return await collect(handle.createReadStream({ autoClose: false }), maxBytes, path);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof TextFileError ? error : unreadable(path, error as Error);
  }
}

async function collect(stream: AsyncIterable<Buffer>, maxBytes: number, file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) {
      throw tooLarge(file, maxBytes);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(file: string, maxBytes: number): TextFileError {
  return new TextFileError(file, `larger than ${maxBytes / 1024 / 1024} MB; split the file`);
}

const URL_SCHEME = /^[a-z][a-z0-9+.-]*:(\/\/|:)/i;

/** @throws TextFileError if a path is a URL. The message contains no user, password, or query, which can contain tokens. */
export function assertNoUrl(path: string): void {
  if (URL_SCHEME.test(path)) {
    const reason = 'URLs are not supported; download the file, or pipe it: curl -fsSL URL | wsap lint -f -';
    throw new TextFileError(redactCredentials(path.replace(/[?#].*$/s, '')), reason);
  }
}

/** Returns the error for a path that can't be read. */
export function unreadable(path: string, error: Error): TextFileError {
  const { code } = error as NodeJS.ErrnoException;
  return new TextFileError(path, code === 'ENOENT' ? 'no such file or folder' : sanitize(error.message));
}

const BYTE_ORDER_MARKS = [
  // UTF-32 comes first, because its mark starts with the mark of UTF-16.
  { encoding: 'UTF-32', bytes: [0xff, 0xfe, 0, 0] },
  { encoding: 'UTF-32', bytes: [0, 0, 0xfe, 0xff] },
  { encoding: 'UTF-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'UTF-16LE', bytes: [0xff, 0xfe] },
  { encoding: 'UTF-16BE', bytes: [0xfe, 0xff] },
] as const;

/** Characters that kubectl doesn't allow in YAML, and line separators, which only some YAML parsers treat as line breaks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern lists them
const NOT_IN_YAML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Decodes UTF-8, with or without a byte order mark, and UTF-16 with one. The result contains no byte order mark at its start. Rejects
 * other encodings instead of replacing characters, because a user name with a replaced character excludes nobody.
 *
 * @throws TextFileError with the position of the first invalid character
 */
export function decodeText(bytes: Buffer, file: string): string {
  const mark = BYTE_ORDER_MARKS.find((one) => one.bytes.every((byte, index) => bytes[index] === byte));
  const content = bytes.subarray(mark?.bytes.length ?? 0);
  if (mark?.encoding === 'UTF-32') {
    throw new TextFileError(file, 'encoded in UTF-32; save the file as UTF-8', { line: 1, column: 1 });
  }
  const text = mark?.encoding.startsWith('UTF-16')
    ? decodeUtf16(content, mark.encoding, file)
    : decodeUtf8(content, file);
  assertNoNul(text, file);
  // Some editors end lines with a carriage return only.
  return text.replace(/\r(?!\n)/g, '\n');
}

/** @throws TextFileError with the position of the first character that kubectl doesn't allow in YAML */
export function assertValidYamlCharacters(text: string, file: string): void {
  const offset = text.search(NOT_IN_YAML);
  if (offset >= 0) {
    const code = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0');
    throw errorAt(file, text, offset, `contains the control character U+${code}; remove it`);
  }
}

function assertNoNul(text: string, file: string): void {
  const nul = text.indexOf('\u0000');
  if (nul >= 0) {
    const cause = 'contains a NUL character, because it is binary, or in UTF-16 or UTF-32 without a byte order mark';
    throw errorAt(file, text, nul, `${cause}; save the file as UTF-8`);
  }
}

function decodeUtf16(content: Buffer, encoding: string, file: string): string {
  const whole = Buffer.from(content.subarray(0, content.length - (content.length % 2)));
  const text = (encoding === 'UTF-16BE' ? whole.swap16() : whole).toString('utf16le');
  const invalid = text.search(LONE_SURROGATE);
  if (invalid >= 0 || whole.length < content.length) {
    const offset = invalid >= 0 ? invalid : text.length;
    throw errorAt(
      file,
      text,
      offset,
      `not valid ${encoding}, which its byte order mark declares; save the file as UTF-8`,
    );
  }
  return text;
}

function decodeUtf8(content: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    // Invalid bytes become U+FFFD, which a valid file can also contain.
    const text = content.toString('utf8');
    // An umlaut in UTF-16 is not valid UTF-8 either, but the NUL characters show the actual cause.
    assertNoNul(text, file);
    const [offset, byte] = firstInvalid(text, content);
    const hex = byte.toString(16).toUpperCase().padStart(2, '0');
    const [windows] = new TextDecoder('windows-1252').decode(Uint8Array.of(byte));
    const meaning = byte >= 0xa0 ? ` (${windows} in Windows-1252)` : '';
    throw errorAt(file, text, offset, `byte 0x${hex}${meaning} is not valid UTF-8; save the file as UTF-8`);
  }
}

/** Returns the offset of the first invalid byte in the decoded text, and the byte. */
function firstInvalid(text: string, content: Buffer): readonly [offset: number, byte: number] {
  const REPLACEMENT = Buffer.from('\ufffd');
  let byteOffset = 0;
  let from = 0;
  for (let offset = text.indexOf('\ufffd'); offset >= 0; offset = text.indexOf('\ufffd', from)) {
    byteOffset += Buffer.byteLength(text.slice(from, offset));
    const bytes = content.subarray(byteOffset, byteOffset + REPLACEMENT.length);
    if (!bytes.equals(REPLACEMENT)) {
      return [offset, content[byteOffset] ?? 0];
    }
    byteOffset += REPLACEMENT.length;
    from = offset + 1;
  }
  return [text.length, 0];
}

function errorAt(file: string, text: string, offset: number, reason: string): TextFileError {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(0, lineStart).split('\n').length;
  const [excerpt = ''] = text.slice(lineStart).split(/\r?\n/, 1);
  return new TextFileError(file, reason, { line, column: offset - lineStart + 1 }, excerpt);
}

import { createReadStream } from 'node:fs';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MAX_LINE_CHARACTERS } from '../../../audit/line.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../exit.ts';

/** Number of characters of a longer line that are kept, so that it counts as too long. */
const KEPT_CHARACTERS = MAX_LINE_CHARACTERS + 1;

/**
 * Yields the lines of a file, of a compressed file, or of standard input (`-`). Each character is a byte, so that every changed byte is
 * visible. The rest of a very long line is dropped.
 *
 * @throws CliError if the file can't be read
 */
export async function* logLines(path: string): AsyncGenerator<string, void, undefined> {
  let rest = '';
  try {
    for await (const chunk of bytesOf(path)) {
      const [first = '', ...others] = (chunk as Buffer).toString('latin1').split('\n');
      rest += first.slice(0, Math.max(0, KEPT_CHARACTERS - rest.length));
      for (const line of others) {
        yield rest;
        rest = line.slice(0, KEPT_CHARACTERS);
      }
    }
  } catch (error) {
    throw readErrorOf(path, error);
  }
  if (rest !== '') {
    yield rest;
  }
}

/** Returns the bytes of a file, of a compressed file, or of standard input (`-`). */
export function bytesOf(path: string): Readable {
  const source: Readable = path === '-' ? process.stdin : createReadStream(path);
  if (!path.endsWith('.gz')) {
    return source;
  }
  const text = createGunzip();
  source.on('error', (error) => text.destroy(error));
  return source.pipe(text);
}

/** Returns the error for a file that can't be read. */
export function readErrorOf(path: string, error: unknown): CliError {
  return new CliError(`cannot read ${sanitize(path)}: ${sanitize((error as Error).message)}`);
}

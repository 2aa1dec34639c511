import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AuditSink } from '../../audit/auditTrail.ts';
import { messageOf } from '../../kube/apiError.ts';

/** Number of bytes at the end of a file in which the last record is searched. */
const TAIL_BYTES = 4 * 1024 * 1024;
/** Permissions of a new file. Records contain user names. */
const MODE = 0o600;
const LINE_BREAK = 0x0a;

/**
 * Appends to a file, and opens it for each record, so that rotation by renaming needs no signal. A record is durable before `append`
 * resolves. An incomplete last line, for example, of a killed process, is kept as it is.
 */
export class FileSink implements AuditSink {
  readonly name: string;

  constructor(path: string) {
    this.name = path;
  }

  async append(lines: readonly string[]): Promise<void> {
    await using file = await open(this.name, 'a+', MODE);
    const { size } = await file.stat();
    const separator = size === 0 || (await endsWithLineBreak(file, size)) ? '' : '\n';
    await file.writeFile(`${separator}${lines.map((line) => `${line}\n`).join('')}`);
    await file.datasync();
    if (size === 0) {
      await syncFolder(dirname(this.name));
    }
  }

  async lastLines(): Promise<readonly string[]> {
    try {
      await using file = await open(this.name, 'r');
      const { size } = await file.stat();
      const start = Math.max(0, size - TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
      return buffer.subarray(0, bytesRead).toString('latin1').split('\n');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return [];
      }
      throw new Error(`it can't be read: ${messageOf(error)}`, { cause: error });
    }
  }
}

async function endsWithLineBreak(file: FileHandle, size: number): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] === LINE_BREAK;
}

/** Makes the name of a new file durable. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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

  /** Returns the last lines of the file. If it is empty, for example, after a rotation, those of the file that was renamed last. */
  async lastLines(): Promise<readonly string[]> {
    const own = await tailOf(this.name).catch((error: unknown) => {
      throw new Error(`it can't be read: ${messageOf(error)}`, { cause: error });
    });
    if (own !== '') {
      return own.split('\n');
    }
    for (const path of await rotatedFiles(this.name)) {
      // A renamed file can belong to somebody else. Without it, the chain only lacks a link.
      const tail = await tailOf(path).catch(() => '');
      if (tail !== '') {
        return tail.split('\n');
      }
    }
    return [];
  }
}

/** Ends of the names that logrotate gives files: a number, or a date. Compressed files have other ends. */
const ROTATED = /^(\.\d+|-\d{6,}(-\d+)?)$/;

/** Returns the paths of the renamed files of a log, the newest first. */
async function rotatedFiles(path: string): Promise<string[]> {
  const [folder, name] = [dirname(path), basename(path)];
  const names = await readdir(folder).catch(() => []);
  const paths = names
    .filter((one) => one.startsWith(name) && ROTATED.test(one.slice(name.length)))
    .map((one) => join(folder, one));
  const files = await Promise.all(
    paths.map(async (one) => ({ path: one, stats: await stat(one).catch(() => undefined) })),
  );
  return files
    .flatMap((one) => (one.stats?.isFile() ? { path: one.path, time: one.stats.mtimeMs } : []))
    .sort((a, b) => b.time - a.time)
    .map((one) => one.path);
}

/** Returns the end of a file. Empty if there is no such file. */
async function tailOf(path: string): Promise<string> {
  await using file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  });
  if (file === undefined) {
    return '';
  }
  const { size } = await file.stat();
  const start = Math.max(0, size - TAIL_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  return buffer.subarray(0, bytesRead).toString('latin1');
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

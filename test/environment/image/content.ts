import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The build context. */
export const ROOT = join(import.meta.dirname, '../../..');
export const DOCKERFILE = 'deploy/image/Dockerfile';
export const IGNORE_FILE = `${DOCKERFILE}.dockerignore`;

/** Returns the first 12 hex digits of the SHA-256 of everything that determines the image: its files, and other inputs. */
export async function contentHash(others: readonly string[] = []): Promise<string> {
  const ignore = await readFile(join(ROOT, IGNORE_FILE), 'utf8');
  const sent = [...ignore.matchAll(/^!(.+)$/gm)].map(([, path = '']) => path);
  const files = (await Promise.all(sent.map(filesIn))).flat();
  const hash = createHash('sha256').update(JSON.stringify(others));
  for (const path of [...new Set(files)].sort()) {
    const content = createHash('sha256').update(await readFile(join(ROOT, path)));
    hash.update(`${path} ${content.digest('hex')}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

async function filesIn(path: string): Promise<string[]> {
  if (!(await stat(join(ROOT, path))).isDirectory()) {
    return [path];
  }
  const entries = await readdir(join(ROOT, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}

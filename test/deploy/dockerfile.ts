import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The build context. */
export const ROOT = join(import.meta.dirname, '../..');
const FILE = 'deploy/image/Dockerfile';

export const dockerfile = readFileSync(join(ROOT, FILE), 'utf8');

/** What the Dockerfile copies from the build context. */
export const copied: readonly string[] = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
  ([, sources = '']) => sources.split(' '),
);

/** What is sent to the builder: its .dockerignore names it, and leaves everything else out. */
export const sent: readonly string[] = readFileSync(join(ROOT, `${FILE}.dockerignore`), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

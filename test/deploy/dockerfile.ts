import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The build context. */
export const ROOT = join(import.meta.dirname, '../..');
const FILE = 'deploy/image/Dockerfile';

export const dockerfile = readFileSync(join(ROOT, FILE), 'utf8');

/** Paths that the Dockerfile copies from the build context. */
export const copied: readonly string[] = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
  ([, sources = '']) => sources.split(' '),
);

/** Paths that the builder receives, which are the exceptions in `.dockerignore`. */
export const sent: readonly string[] = readFileSync(join(ROOT, `${FILE}.dockerignore`), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

/** Builds the program into `dist`, with source maps for `node --enable-source-maps`. */
import { join } from 'node:path';
import { buildProgram, ROOT } from './program.ts';

await buildProgram(join(ROOT, 'dist'), { sourcemap: true });

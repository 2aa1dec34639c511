import { join } from 'node:path';

/**
 * The environment in which Node keeps what it has compiled (its `NODE_COMPILE_CACHE`). Tests start hundreds of processes, and taking the types
 * out of all sources and compiling them takes each half of its start.
 */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/compiled'),
} as const;

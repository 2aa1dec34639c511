import { join } from 'node:path';

/**
 * Environment variables of Node's compile cache. Tests start hundreds of processes, and half of each start is spent on stripping types and
 * compiling.
 */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/compiled'),
} as const;

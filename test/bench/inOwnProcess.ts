import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

/** Runs the benchmark with internal flags in a separate process, and returns its JSON. Memory belongs to a process. */
export async function inOwnProcess<T extends object>(args: readonly string[]): Promise<T> {
  const program = ['--expose-gc', join(import.meta.dirname, 'main.ts'), ...args];
  return JSON.parse((await promisify(execFile)(process.execPath, program, { maxBuffer: 1 << 20 })).stdout) as T;
}

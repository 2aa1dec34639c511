import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Whether promtool is installed (Debian package `prometheus`). */
export const hasPromtool = (process.env.PATH ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'promtool')));

/** Runs promtool in the root of the project. Returns its exit code and output. */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8', cwd: ROOT });
  return { code: status, output: `${stdout}${stderr}` };
}

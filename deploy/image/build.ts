/** Builds the program into `dist`: compiles `src`, adds the files of the report's page, and makes the commands executable. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const ROOT = join(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');
const COMMANDS = ['main.js', 'kubectlComplete.js'];

// Files of an earlier build must not get into a package.
rmSync(DIST, { recursive: true, force: true });
const tsc = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (tsc.error) {
  throw tsc.error;
}
if (tsc.status !== 0) {
  process.exit(tsc.status ?? 1);
}
cpSync(join(ROOT, 'src/cli/actions/report'), join(DIST, 'cli/actions/report'), {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
for (const command of COMMANDS) {
  chmodSync(join(DIST, 'cli', command), 0o755);
}

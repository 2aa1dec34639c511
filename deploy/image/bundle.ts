/**
 * Creates a folder with the content of the image: the built program, the CRDs that it reads, and the production dependencies of the
 * lockfile with their licenses. `npm run bundle -- FOLDER` builds the program first.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const ROOT = join(import.meta.dirname, '../..');
/** Fields of package.json that are needed at run time. */
const KEPT_FIELDS = ['name', 'version', 'description', 'license', 'type', 'engines', 'bin', 'dependencies'];
/** Files for compilers and debuggers. */
const UNUSED_FILES = '**/*.{d.ts,d.cts,d.mts,ts,cts,mts,map}';

const [target] = process.argv.slice(2);
if (target === undefined) {
  process.stderr.write('npm run bundle -- FOLDER\n');
  process.exit(1);
}
// Fails if the folder exists, so that no file of another bundle gets in.
mkdirSync(target);
for (const path of ['dist', 'crds', 'LICENSE', 'package.json', 'package-lock.json']) {
  cpSync(join(ROOT, path), join(target, path), { recursive: true });
}
installDependencies(target);
rmSync(join(target, 'package-lock.json'));
const manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'));
const kept = Object.fromEntries(KEPT_FIELDS.map((field) => [field, manifest[field]]));
writeFileSync(join(target, 'package.json'), `${JSON.stringify(kept, undefined, 2)}\n`);
for (const path of globSync(UNUSED_FILES, { cwd: target })) {
  rmSync(join(target, path));
}
writeFileSync(join(target, 'THIRD-PARTY-NOTICES'), notices(target));

function installDependencies(folder: string): void {
  const flags = ['--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', ['ci', ...flags], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    throw new Error(`npm ci in ${folder} exited with code ${status}`);
  }
}

/** Returns the license texts that the dependencies contain. */
function notices(folder: string): string {
  return globSync('**/node_modules/{*,@*/*}/package.json', { cwd: folder })
    .sort()
    .map((path) => ({ path, ...JSON.parse(readFileSync(join(folder, path), 'utf8')) }))
    .filter(({ version }) => version !== undefined)
    .map(({ path, name, version, license }) => {
      const directory = join(folder, path, '..');
      const texts = globSync('{LICEN[CS]E,NOTICE,COPYING}*', { cwd: directory })
        .sort()
        .map((file) => readFileSync(join(directory, file), 'utf8').trim());
      return [`${name} ${version}: ${license}`, ...texts].join('\n\n');
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`);
}

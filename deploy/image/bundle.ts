/** Creates a folder with the content of the image: `npm run bundle -- FOLDER`. */
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { buildProgram, ROOT } from './program.ts';

/** Fields of package.json for Node.js and for users. */
const KEPT_FIELDS = ['name', 'version', 'description', 'license', 'type', 'engines', 'bin'];

const [target] = process.argv.slice(2);
if (target === undefined) {
  process.stderr.write('npm run bundle -- FOLDER\n');
  process.exit(1);
}
// Fails if the folder exists, so that no file of another bundle gets in.
mkdirSync(target);
await buildProgram(join(target, 'dist'), { sourcemap: false });
for (const path of ['THIRD-PARTY-NOTICES', 'wsap.cdx.json']) {
  renameSync(join(target, 'dist', path), join(target, path));
}
for (const path of ['crds', 'LICENSE']) {
  cpSync(join(ROOT, path), join(target, path), { recursive: true });
}
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const kept = Object.fromEntries(KEPT_FIELDS.map((field) => [field, manifest[field]]));
writeFileSync(join(target, 'package.json'), `${JSON.stringify(kept, undefined, 2)}\n`);

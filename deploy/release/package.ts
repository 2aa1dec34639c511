/** Creates a folder with the content of the npm package `wsap`, which has no dependencies: `npm run package -- FOLDER`. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { writeContents } from '../image/contents.ts';
import { MANIFEST, ROOT } from '../image/program.ts';

/** Further fields of package.json for the page of the package in the registry. */
const PAGE_FIELDS = ['keywords', 'homepage', 'repository', 'bugs'];

const [target] = process.argv.slice(2);
if (target === undefined) {
  process.stderr.write('npm run package -- FOLDER\n');
  process.exit(1);
}
await writeContents(target, Object.fromEntries(PAGE_FIELDS.map((field) => [field, MANIFEST[field]])));
cpSync(join(ROOT, 'README.md'), join(target, 'README.md'));

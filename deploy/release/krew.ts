/**
 * Prints the krew manifest of the release whose files and SHA256SUMS are in a folder: `npm run --silent krew -- FOLDER`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseDocument } from 'yaml';
import { MANIFEST, ROOT } from '../image/program.ts';
import { fillManifest, parseChecksums } from './krewManifest.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('npm run --silent krew -- FOLDER\n');
  process.exit(1);
}
const manifest = parseDocument(readFileSync(join(ROOT, 'deploy/krew/wsap.yaml'), 'utf8'));
fillManifest(manifest, MANIFEST.version, parseChecksums(readFileSync(join(folder, 'SHA256SUMS'), 'utf8')));
process.stdout.write(manifest.toString({ lineWidth: 0 }));

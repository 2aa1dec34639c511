import { cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram, MANIFEST, ROOT } from './program.ts';

/** Fields of package.json for Node.js and for users. */
const KEPT_FIELDS = ['name', 'version', 'description', 'license', 'type', 'engines', 'bin'];

/**
 * Creates a folder with the content of the image: the program without dependencies, the CRDs, licenses, and the manifest of
 * a package with the given further fields. Throws if the folder exists, so that no file of another bundle gets in.
 */
export async function writeContents(target: string, fields: Record<string, unknown> = {}): Promise<void> {
  mkdirSync(target);
  await buildProgram(join(target, 'dist'), { sourcemap: false });
  for (const path of ['THIRD-PARTY-NOTICES', 'wsap.cdx.json']) {
    renameSync(join(target, 'dist', path), join(target, path));
  }
  for (const path of ['crds', 'LICENSE']) {
    cpSync(join(ROOT, path), join(target, path), { recursive: true });
  }
  const kept = Object.fromEntries(KEPT_FIELDS.map((field) => [field, MANIFEST[field]]));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ ...kept, ...fields }, undefined, 2)}\n`);
}

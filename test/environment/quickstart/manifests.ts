import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The specs of a folder's manifests, each with the comment above it: what a person reads first. */
export async function readSpecs(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap(specsIn);
}

/** The `spec` of each document that has one, as it is written, below the comment that the document begins with. */
export function specsIn(manifests: string): string[] {
  return manifests.split(/^---.*\n/m).flatMap((document) => {
    const comment = /^(?:#.*\n)+/.exec(document.trimStart())?.[0] ?? '';
    const [spec] = /^spec:.*\n(?:(?:[ #-].*)?\n)*/m.exec(`${document.trimEnd()}\n`) ?? [];
    return spec === undefined ? [] : [`${comment}${spec.trimEnd()}`];
  });
}

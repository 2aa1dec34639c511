import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Reads the specs of the manifests in a folder, each with the first comment of its document. */
export async function readSpecs(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap(specsIn);
}

/** Returns the text of the `spec` of each document, below the comment at the start of the document. */
export function specsIn(manifests: string): string[] {
  return manifests.split(/^---.*\n/m).flatMap((document) => {
    const comment = /^(?:#.*\n)+/.exec(document.trimStart())?.[0] ?? '';
    const [spec] = /^spec:.*\n(?:(?:[ #-].*)?\n)*/m.exec(`${document.trimEnd()}\n`) ?? [];
    return spec === undefined ? [] : [`${comment}${spec.trimEnd()}`];
  });
}

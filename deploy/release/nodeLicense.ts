import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';

/**
 * Returns the license text of the Node.js of this process and of the libraries in it. Official archives contain it, and so
 * do the packages that the npm package `node` installs. Throws an Error if there is none.
 */
export function nodeLicense(execPath = process.execPath): string {
  const bin = dirname(execPath);
  const packages = globSync('node_modules/node-*/LICENSE', { cwd: dirname(bin) }).map((path) => join(bin, '..', path));
  const path = [join(bin, 'LICENSE'), join(bin, '../LICENSE'), ...packages].find((one) => existsSync(one));
  if (path === undefined) {
    throw new Error(`no license of Node.js is beside ${execPath}, so it must not be distributed; run npm rebuild node`);
  }
  return readFileSync(path, 'utf8');
}

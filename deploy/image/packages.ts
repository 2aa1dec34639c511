/** Packages in the built program: their licenses and their list for vulnerability scanners. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A package of which the program contains code. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  readonly folder: string;
}

/** Returns the packages of modules, sorted by name. Modules of this project are ignored. */
export function packagesOf(modules: Iterable<string>): BundledPackage[] {
  const folders = new Set<string>();
  for (const id of modules) {
    if (id.startsWith('\0')) {
      // Helpers of the bundler.
      folders.add(packageFolder(dirname(fileURLToPath(import.meta.resolve('rolldown')))));
    } else if (id.includes('/node_modules/')) {
      folders.add(packageFolder(dirname(id)));
    }
  }
  return [...folders]
    .map((folder) => ({ folder, ...manifestIn(folder) }))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

function packageFolder(folder: string): string {
  // Some folders inside of packages contain a package.json with only a type.
  return existsSync(join(folder, 'package.json')) && manifestIn(folder).version !== undefined
    ? folder
    : packageFolder(dirname(folder));
}

function manifestIn(folder: string) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version, license };
}

/** Returns the license texts of packages. Throws an Error if a package has no license text. */
export function noticesOf(packages: readonly BundledPackage[]): string {
  return packages
    .map((one) => [`${one.name} ${one.version}: ${one.license}`, ...licenseTexts(one)].join('\n\n'))
    .join(`\n\n${'-'.repeat(80)}\n\n`);
}

function licenseTexts({ name, license, folder }: BundledPackage): string[] {
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length > 0) {
    return texts;
  }
  if (license === 'Apache-2.0') {
    return ['The package contains no license file. For the text of Apache-2.0, see LICENSE.'];
  }
  throw new Error(`${name} contains no license file, so its code must not be bundled`);
}

/** Returns a CycloneDX list of packages. Scanners can't recognize packages in a bundle. */
export function componentsOf(program: { name: string; version: string }, packages: readonly BundledPackage[]): object {
  const componentOf = (type: string, { name, version }: { name: string; version: string }) => {
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    return { type, 'bom-ref': purl, name, version, purl };
  };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: componentOf('application', program) },
    components: packages.map((one) => ({
      ...componentOf('library', one),
      licenses: [{ expression: one.license }],
    })),
  };
}

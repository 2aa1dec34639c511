/**
 * Builds the archive of the single executable for this platform, with licenses and a CycloneDX list of its packages:
 * `npm run executable -- FOLDER`. Prints the path of the archive.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { type BundledPackage, componentsOf, noticesOf } from '../image/packages.ts';
import { MANIFEST, ROOT } from '../image/program.ts';
import { nodeLicense } from './nodeLicense.ts';
import { archiveName, executableName, hostPlatform } from './platform.ts';
import { writeExecutable } from './sea.ts';

const [target] = process.argv.slice(2);
if (target === undefined) {
  process.stderr.write('npm run executable -- FOLDER\n');
  process.exit(1);
}
const platform = hostPlatform();
const scratch = mkdtempSync(join(tmpdir(), 'wsap-archive-'));
try {
  const name = executableName(platform);
  const packages = await writeExecutable(join(scratch, name));
  cpSync(join(ROOT, 'LICENSE'), join(scratch, 'LICENSE'));
  writeFileSync(
    join(scratch, 'THIRD-PARTY-NOTICES'),
    [noticesOf(packages), `Node.js ${process.version}`, nodeLicense()].join(`\n\n${'-'.repeat(80)}\n\n`),
  );
  writeFileSync(join(scratch, 'wsap.cdx.json'), `${JSON.stringify(contentOf(packages), undefined, 2)}\n`);
  mkdirSync(target, { recursive: true });
  const archive = join(resolve(target), archiveName(MANIFEST.version, platform));
  // A relative path, because tar on Windows takes a drive letter for the name of a host.
  const files = [name, 'LICENSE', 'THIRD-PARTY-NOTICES', 'wsap.cdx.json'];
  const tar = spawnSync('tar', ['-czf', 'archive.tar.gz', ...files], { cwd: scratch, encoding: 'utf8' });
  if (tar.status !== 0) {
    throw new Error(`tar failed: ${tar.error?.message ?? tar.stderr}`, { cause: tar.error });
  }
  cpSync(join(scratch, 'archive.tar.gz'), archive);
  process.stdout.write(`${archive}\n`);
} finally {
  rmSync(scratch, { recursive: true });
}

/** Returns the list of packages with Node.js, which scanners find by its CPE. */
function contentOf(packages: readonly BundledPackage[]): object {
  const list = componentsOf(MANIFEST, packages) as { components: object[] };
  const { node } = process.versions;
  const runtime = {
    type: 'application',
    'bom-ref': `pkg:generic/node@${node}`,
    name: 'node',
    version: node,
    purl: `pkg:generic/node@${node}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${node}:*:*:*:*:*:*:*`,
    licenses: [{ expression: 'MIT' }],
  };
  return { ...list, components: [...list.components, runtime] };
}

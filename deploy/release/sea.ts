/** A single executable: Node.js with the program. https://nodejs.org/api/single-executable-applications.html */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { inject } from 'postject';
import { rolldown } from 'rolldown';
import type { BundledPackage } from '../image/packages.ts';
import { bundledPackages, bundlerOptions, failOnWarning } from '../image/program.ts';
import { withoutSignature } from './authenticode.ts';

const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Writes the single executable for the platform of this process, with its Node.js. Returns the packages of which it
 * contains code. Throws an Error if a step fails.
 */
export async function writeExecutable(path: string): Promise<BundledPackage[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'wsap-executable-'));
  try {
    const { packages, main } = await bundleInto(scratch);
    writeNode(path);
    await inject(path, RESOURCE, blobOf(main, scratch), { sentinelFuse: FUSE, machoSegmentName: 'NODE_SEA' });
    if (process.platform === 'darwin') {
      // macOS on Apple silicon runs only signed code. This signature names no identity.
      run('codesign', ['--sign', '-', path]);
    }
    return packages;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Bundles the program into one CommonJS file, the only format that Node.js runs in an executable. */
async function bundleInto(scratch: string): Promise<{ readonly packages: BundledPackage[]; readonly main: string }> {
  // Two steps, because the bundler removes unused code only from chunks.
  const chunks = join(scratch, 'chunks');
  await using program = await rolldown(bundlerOptions({ wsap: 'src/cli/executable.ts' }));
  const { output } = await program.write({ dir: chunks, format: 'esm' });
  const main = join(scratch, 'wsap.cjs');
  await using file = await rolldown({ input: join(chunks, 'wsap.js'), platform: 'node', onLog: failOnWarning });
  await file.write({ file: main, format: 'cjs', codeSplitting: false });
  return { packages: bundledPackages(output), main };
}

/** Copies Node.js without its signature. */
function writeNode(path: string): void {
  const node = readFileSync(process.execPath);
  writeFileSync(path, process.platform === 'win32' ? withoutSignature(node) : node);
  chmodSync(path, 0o755);
  if (process.platform === 'darwin') {
    run('codesign', ['--remove-signature', path]);
  }
}

/** Returns the program in the format of Node.js, with compiled code that halves the time to start. */
function blobOf(main: string, scratch: string): Buffer {
  const output = join(scratch, 'wsap.blob');
  const config = join(scratch, 'sea.json');
  writeFileSync(config, JSON.stringify({ main, output, disableExperimentalSEAWarning: true, useCodeCache: true }));
  run(process.execPath, ['--experimental-sea-config', config]);
  return readFileSync(output);
}

function run(command: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `${stdout}${stderr}`}`, { cause: error });
  }
}

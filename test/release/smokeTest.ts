/**
 * Runs the single executable for this platform from its archive, as a user who has nothing else of the project:
 * `npm run smoke-test`, or `npm run smoke-test -- ARCHIVE` for an existing archive. Exits 1 at the first failure.
 */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { MANIFEST, ROOT } from '../../deploy/image/program.ts';
import { executableName, hostPlatform } from '../../deploy/release/platform.ts';
import { fastest } from './fastest.ts';
import { Installed } from './installed.ts';
import { readsSimulatedFleet, startsOperator } from './processes.ts';

/** Maximum time of `wsap --version`. */
const MAX_VERSION_MS = 300;
const VERSION_RUNS = { goal: MAX_VERSION_MS, min: 10, max: 50 } as const;
const MEGABYTE = 1e6;
const POLICY_TESTS = 'deploy/examples/policy-tests';

const scratch = mkdtempSync(join(tmpdir(), 'wsap-smoke-'));
try {
  await smokeTest(process.argv[2] ?? buildArchive());
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function buildArchive(): string {
  const builder = join(ROOT, 'deploy/release/executable.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [builder, scratch], { encoding: 'utf8' });
  assert.equal(status, 0, `npm run executable failed: ${stderr}`);
  return stdout.trim();
}

async function smokeTest(archive: string): Promise<void> {
  const wsap = install(archive);
  const size = statSync(wsap.path).size / MEGABYTE;
  passed(
    `the executable has ${size.toFixed(0)} MB, and ${(statSync(archive).size / MEGABYTE).toFixed(0)} MB in its archive`,
  );

  assert.equal(wsap.run(['--version']), `${MANIFEST.version}\n`);
  const { milliseconds, runs } = fastest(() => wsap.run(['--version']), VERSION_RUNS);
  const measured = `${milliseconds.toFixed(0)} ms, the fastest of ${runs} runs`;
  assert.ok(
    milliseconds <= MAX_VERSION_MS,
    `wsap --version takes ${measured}; at most ${MAX_VERSION_MS} ms are allowed`,
  );
  passed(`wsap --version prints ${MANIFEST.version} in ${measured}`);

  cpSync(join(ROOT, 'deploy/samples'), join(wsap.folder, 'samples'), { recursive: true });
  cpSync(join(ROOT, POLICY_TESTS), join(wsap.folder, 'tests'), { recursive: true });
  assert.match(wsap.run(['lint', '-f', 'samples']), /[1-9]\d* resources checked, no problems found/);
  const sample = readFileSync(join(ROOT, 'deploy/samples/no-visio.yaml'), 'utf8').replace('denied:', 'refused:');
  assert.match(wsap.run(['lint', '-f', '-'], { input: sample, exitCode: 1 }), /refused/);
  passed('wsap lint accepts the samples, and rejects a field that the CRD does not define');

  assert.match(wsap.run(['test', 'tests']), /[1-9]\d* passed, 0 failed/);
  const policies = ['-f', 'tests/policies', '--inventory', 'tests/inventory.yaml'];
  assert.match(wsap.run(['plan', ...policies]), /^Plan: \d+ to disassociate/m);
  assert.match(wsap.run(['report', ...policies]), /color-scheme: light dark[\s\S]*addEventListener\('beforeprint'/);
  passed('wsap test, plan, and report work on files');

  assert.match(wsap.run(['completion', 'bash']), /^complete -F _wsap wsap$/m);
  assert.match(wsap.as('kubectl_complete-wsap').run(['inv']), /^inventory\t/);
  assert.equal(wsap.as('kubectl-wsap').run(['--version']), `${MANIFEST.version}\n`);
  passed('the executable is a kubectl plugin with completion');
  runsUnderKubectl(wsap);

  await readsSimulatedFleet(wsap);
  passed('wsap inventory reads a simulated fleet through the AWS SDK');
  await startsOperator(wsap);
  passed('wsap operator starts without a cluster, and stops on a signal');
}

/** Extracts an archive and gives the executable the names of a kubectl plugin. */
function install(archive: string): Installed {
  const folder = join(scratch, 'installed');
  mkdirSync(join(folder, 'home'), { recursive: true });
  cpSync(archive, join(folder, 'archive.tar.gz'));
  const { status, stderr } = spawnSync('tar', ['-xzf', 'archive.tar.gz'], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, `tar failed: ${stderr}`);
  for (const name of ['LICENSE', 'THIRD-PARTY-NOTICES', 'wsap.cdx.json']) {
    assert.ok(existsSync(join(folder, name)), `the archive has no ${name}`);
  }
  const name = executableName(hostPlatform());
  const wsap = new Installed(folder, name);
  for (const plugin of ['kubectl-wsap', 'kubectl_complete-wsap']) {
    linkSync(wsap.path, wsap.as(plugin).path);
  }
  return wsap;
}

/** kubectl finds the plugin on its PATH. The runners for macOS have no kubectl. */
function runsUnderKubectl(wsap: Installed): void {
  const { status, stdout, error } = spawnSync('kubectl', ['wsap', '--version'], {
    encoding: 'utf8',
    env: { ...wsap.env, PATH: `${wsap.folder}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}` },
  });
  if (error !== undefined) {
    process.stdout.write('skip  kubectl wsap: kubectl is not installed\n');
    return;
  }
  assert.deepEqual({ status, stdout }, { status: 0, stdout: `${MANIFEST.version}\n` });
  passed('kubectl wsap runs the plugin');
}

function passed(what: string): void {
  process.stdout.write(`ok    ${what}\n`);
}

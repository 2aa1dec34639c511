import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { version } from '../../src/cli/version.ts';
import { copied, dockerfile, ROOT } from './dockerfile.ts';

const TEN_MINUTES = 600_000;
const MEGABYTES = 1e6;

let scratch: string;
let bundle: string;
let main: string;
let node: string;
let kubeconfig: string;

/** A kubeconfig of a cluster that doesn't exist. */
const NO_CLUSTER = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:9' } }],
  users: [{ name: 'nobody', user: {} }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'nobody' } }],
  'current-context': 'none',
};

/** Builds the bundle like the first stage of the Dockerfile: from only the files that it copies, with the command that it runs. */
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'wsap-bundle-'));
  const source = join(scratch, 'source');
  for (const path of copied) {
    cpSync(join(ROOT, path), join(source, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  bundle = join(scratch, 'bundle');
  const [, command = ''] = /^RUN .* (npm run bundle -- )\/bundle$/m.exec(dockerfile) ?? [];
  const build = spawnSync('sh', ['-c', command + bundle], { cwd: source, encoding: 'utf8' });
  expect(build.status, build.stdout + build.stderr).toBe(0);

  main = join(bundle, 'dist/cli/main.js');
  kubeconfig = join(scratch, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(NO_CLUSTER));

  // Another user must be able to run Node, and none to write anywhere.
  node = join(scratch, 'node');
  copyFileSync(process.execPath, node);
  chmodSync(scratch, 0o555);
  for (const path of ['', ...readdirSync(bundle, { recursive: true, encoding: 'utf8' })]) {
    const { mode } = statSync(join(bundle, path));
    chmodSync(join(bundle, path), mode & 0o555);
  }
}, TEN_MINUTES);
afterAll(() => {
  for (const path of [scratch, ...globSync(join(scratch, 'bundle{,/**}'))]) {
    chmodSync(path, 0o755);
  }
  rmSync(scratch, { recursive: true });
});

/** Nobody in particular, where this process may choose: the image's user. */
const user = process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : {};

function wsap(args: readonly string[], input = '') {
  return spawnSync(node, [main, ...args], { cwd: '/', env: {}, encoding: 'utf8', input, ...user });
}

describe('the bundle, with an empty environment and nowhere to write', () => {
  test('says which version it is', () => {
    expect(wsap(['--version'])).toMatchObject({ stdout: `${version}\n`, stderr: '', status: 0 });
  });

  test('runs the operator, which wants a cluster', () => {
    expect(wsap(['operator', '--help']).stdout).toContain('--aws-requests-per-second');
  });

  test('knows the CRDs', () => {
    const policy = readFileSync(join(ROOT, 'deploy/samples/no-visio.yaml'), 'utf8');
    expect(wsap(['lint', '-f', '-'], policy)).toMatchObject({ status: 0, stderr: '' });
    expect(wsap(['lint', '-f', '-'], policy.replace('denied', 'refused'))).toMatchObject({ status: 1 });
  });

  test.skipIf(spawnSync('unshare', ['--pid', '--fork', 'true']).status !== 0)(
    'as process 1, which the kernel spares every signal that it has no handler for, ends on SIGTERM',
    async () => {
      const operator = spawn('unshare', ['--pid', '--fork', '--kill-child', node, main, 'operator'], {
        env: { KUBECONFIG: kubeconfig },
        stdio: ['ignore', 'pipe', 'inherit'],
        cwd: '/',
      });
      const exited = once(operator, 'exit');
      let log = '';
      operator.stdout.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
      await vi.waitFor(() => expect(log).toContain('operator started'), { timeout: 30_000 });
      const children = readFileSync(`/proc/${operator.pid}/task/${operator.pid}/children`, 'utf8');
      process.kill(Number(children), 'SIGTERM');
      expect(await exited).toEqual([0, null]);
      expect(log).toContain('stopped');
    },
  );
});

describe('the bundle', () => {
  const files = () => readdirSync(bundle, { recursive: true, encoding: 'utf8' });

  test('holds the program, the CRDs, its dependencies, and their licenses', () => {
    expect(readdirSync(bundle).sort()).toEqual([
      'LICENSE',
      'THIRD-PARTY-NOTICES',
      'crds',
      'dist',
      'node_modules',
      'package.json',
    ]);
    const notices = readFileSync(join(bundle, 'THIRD-PARTY-NOTICES'), 'utf8');
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies)) {
      expect(notices).toContain(`${name} `);
    }
  });

  test('holds no package of development, no source, no test and nothing for one platform only', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    const hidden = readFileSync(join(bundle, 'node_modules/.package-lock.json'), 'utf8');
    const installed = Object.keys(JSON.parse(hidden).packages);
    expect(installed.length).toBeGreaterThan(50);
    expect(installed.filter((path) => packages[path] === undefined || packages[path].dev)).toEqual([]);
    expect(files().filter((path) => /\.([cm]?ts|map|node)$/.test(path))).toEqual([]);
    expect(
      files().filter(
        (path) => path.startsWith('dist/') && /test/i.test(path) && !/^dist\/cli\/test(\/|\.js$|$)/.test(path),
      ),
    ).toEqual([]);
  });

  test('has licenses that permit its distribution', () => {
    const manifests = files().filter((path) => /(^|[^t]\/)node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(path));
    const licenses = new Set(manifests.map((path) => JSON.parse(readFileSync(join(bundle, path), 'utf8')).license));
    const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'PSF-2.0', 'Unlicense'];
    expect([...licenses].filter((license) => !permissive.includes(license))).toEqual([]);
  });

  test('is small', () => {
    const size = files().reduce((sum, path) => sum + statSync(join(bundle, path)).size, 0);
    expect(size / MEGABYTES).toBeLessThan(70);
  });
});

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
import { NO_CLUSTER } from '../environment/noCluster.ts';
import { copied, dockerfile, ROOT } from './dockerfile.ts';

const TEN_MINUTES = 600_000;
const MEGABYTES = 1e6;

let scratch: string;
let bundle: string;
let main: string;
let node: string;
let kubeconfig: string;

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

/** User of the image, if this process can switch users. */
const user = process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : {};

function wsap(args: readonly string[], input = '') {
  return spawnSync(node, [main, ...args], { cwd: '/', env: {}, encoding: 'utf8', input, ...user });
}

describe('the bundle with an empty environment and a read-only file system', () => {
  test('the bundle prints its version', () => {
    expect(wsap(['--version'])).toMatchObject({ stdout: `${version}\n`, stderr: '', status: 0 });
  });

  test('the bundle explains that Node.js is too old, without features of a supported version', () => {
    const old = `
      Object.defineProperty(process.versions, 'node', { value: '20.1.0' });
      process.getBuiltinModule = undefined;`;
    const { stdout, stderr, status } = spawnSync(
      node,
      ['--import', `data:text/javascript,${encodeURIComponent(old)}`, main, '--version'],
      { encoding: 'utf8', env: {}, cwd: '/', ...user },
    );
    expect({ stdout, stderr, status }).toEqual({
      stdout: '',
      stderr: 'wsap: Node.js 20.1.0 is not supported; install Node.js 22.19 or later\n',
      status: 1,
    });
  });

  test('the version needs at most four times the CPU time of Node.js itself', () => {
    // The minimum is the least dependent on the load of the machine.
    const cpuOf = (...args: string[]) => {
      const script = `process.on('exit', () => {
        const { user, system } = process.cpuUsage();
        process.stderr.write(String(user + system));
      })`;
      const times = Array.from({ length: 5 }, () => {
        const options = { encoding: 'utf8', env: {}, cwd: '/', ...user } as const;
        return Number(
          spawnSync(node, ['--import', `data:text/javascript,${encodeURIComponent(script)}`, ...args], options).stderr,
        );
      });
      return Math.min(...times);
    };
    expect(cpuOf(main, '--version') / cpuOf('--eval', '0')).toBeLessThan(4);
  });

  test('an error shows the names of functions with --verbose', () => {
    const { stderr } = wsap(['plan', '--verbose', '-f', '/missing']);
    expect(stderr).toMatch(/^ +at (async )?\w+ \(file:.*\.js:\d+:\d+\)$/m);
  });

  test('the bundle runs the operator, which requires a cluster', () => {
    expect(wsap(['operator', '--help']).stdout).toContain('--aws-requests-per-second');
  });

  test.each(['http', 'https', 'socks5'])('the bundle connects through a proxy: %s', (scheme) => {
    const server = { cluster: { server: 'https://api.example.test' }, name: 'none' };
    const text = JSON.stringify({ ...NO_CLUSTER, clusters: [server] });
    const env = { HTTPS_PROXY: `${scheme}://127.0.0.1:9` };
    const script = `printf %s '${text}' | ${node} ${main} get --kubeconfig /dev/stdin`;
    const { stderr } = spawnSync('sh', ['-c', script], { cwd: '/', env, encoding: 'utf8', ...user });
    expect(stderr).toContain(`127.0.0.1:9 (through the proxy ${scheme}://127.0.0.1:9 of HTTPS_PROXY)`);
  });

  test('the bundle finds the CRDs', () => {
    const policy = readFileSync(join(ROOT, 'deploy/samples/no-visio.yaml'), 'utf8');
    expect(wsap(['lint', '-f', '-'], policy)).toMatchObject({ status: 0, stderr: '' });
    expect(wsap(['lint', '-f', '-'], policy.replace('denied', 'refused'))).toMatchObject({ status: 1 });
  });

  test.skipIf(spawnSync('unshare', ['--pid', '--fork', 'true']).status !== 0)(
    'the bundle exits on SIGTERM as process 1, for which the kernel ignores unhandled signals',
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
      await vi.waitFor(() => expect(log).toContain('operator started'), { timeout: 60_000 });
      const children = readFileSync(`/proc/${operator.pid}/task/${operator.pid}/children`, 'utf8');
      process.kill(Number(children), 'SIGTERM');
      expect(await exited).toEqual([0, null]);
      expect(log).toContain('stopped');
    },
  );
});

describe('the AWS credentials of the bundle', () => {
  const ROLE = 'arn:aws:iam::123456789012:role/wsap';
  let folder: string;
  let endpoint: string;
  let simulator: ReturnType<typeof spawn>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wsap-credentials-'));
    const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
    const seed = {
      accountID: '123456789012',
      roles: [{ name: 'wsap' }],
      applications: [{ applicationID: 'wsa-visio2021', name: 'Visio' }],
      generate: [{ count: 1, idPrefix: 'demo', userPrefix: 'user', applications: ['wsa-visio2021'] }],
    };
    file('seed.json', JSON.stringify(seed));
    file('token', 'a.b.c');
    file('keys.json', JSON.stringify({ Version: 1, AccessKeyId: 'simulated', SecretAccessKey: 'simulated' }));
    file(
      'config',
      `[profile process]
credential_process = cat ${join(folder, 'keys.json')}
[profile role]
role_arn = ${ROLE}
source_profile = keys
[profile keys]
aws_access_key_id = simulated
aws_secret_access_key = simulated
`,
    );
    simulator = spawn(node, [main, 'simulate', '--seed', join(folder, 'seed.json')], { env: {} });
    let output = '';
    simulator.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    endpoint = await vi.waitFor(
      () => {
        const [url] = /http:\/\/[^\s']+/.exec(output) ?? [];
        expect(url).toBeDefined();
        return url as string;
      },
      { timeout: 60_000 },
    );
  });
  afterAll(() => {
    simulator.kill();
    rmSync(folder, { recursive: true });
  });

  const KEYS = { AWS_ACCESS_KEY_ID: 'simulated', AWS_SECRET_ACCESS_KEY: 'simulated' };

  // The SDK imports each provider only when it is used.
  test.each<[string, () => Record<string, string>, string[]]>([
    ['environment variables', () => KEYS, []],
    ['an assumed role', () => KEYS, ['--role-arn', ROLE]],
    ['a process', () => ({ AWS_PROFILE: 'process' }), []],
    ['the role of a profile', () => ({ AWS_PROFILE: 'role' }), []],
    ['a web identity', () => ({ AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token') }), []],
  ])('the bundle reads a fleet with the credentials of %s', async (_, env, flags) => {
    const reading = spawn(node, [main, 'inventory', ...flags], {
      env: {
        PATH: process.env.PATH,
        AWS_CONFIG_FILE: join(folder, 'config'),
        AWS_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL: endpoint,
        ...env(),
      },
    });
    let output = '';
    for (const stream of [reading.stdout, reading.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    await once(reading, 'close');
    expect(output).toContain('ws-demo');
    expect(reading.exitCode).toBe(0);
  });
});

describe('the bundle', () => {
  const files = () => readdirSync(bundle, { recursive: true, encoding: 'utf8' });
  const components = () =>
    (
      JSON.parse(readFileSync(join(bundle, 'wsap.cdx.json'), 'utf8')) as {
        components: { name: string; version: string; licenses: [{ expression: string }] }[];
      }
    ).components;

  test('the bundle contains the program, the CRDs, and the licenses and names of all dependencies', () => {
    expect(readdirSync(bundle).sort()).toEqual([
      'LICENSE',
      'THIRD-PARTY-NOTICES',
      'crds',
      'dist',
      'package.json',
      'wsap.cdx.json',
    ]);
    const notices = readFileSync(join(bundle, 'THIRD-PARTY-NOTICES'), 'utf8').split(`\n${'-'.repeat(80)}\n`);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const names = components().map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(notices).toHaveLength(names.length);
    // A title without a text means that the package contains no license file.
    expect(notices.filter((notice) => notice.trim().split('\n').length < 3).map((notice) => notice.trim())).toEqual([]);
  });

  test('the bundle contains no development package, except the helpers of the bundler', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; dev?: boolean }>;
    };
    const installed = Object.entries(packages).filter(([, { dev }]) => dev !== true);
    const production = new Set(
      installed.map(
        ([path, { version: installedVersion }]) => `${path.replace(/^.*node_modules\//, '')} ${installedVersion}`,
      ),
    );
    const bundled = components().map((one) => `${one.name} ${one.version}`);
    expect(bundled.filter((one) => !production.has(one) && !one.startsWith('rolldown '))).toEqual([]);
  });

  test('the bundle consists of JavaScript, without sources, tests, and platform-specific files', () => {
    const program = files().filter((path) => path.startsWith('dist/') && !statSync(join(bundle, path)).isDirectory());
    expect(program.filter((path) => !path.endsWith('.js'))).toEqual([]);
    expect(program.filter((path) => /\b(tests?|spec)\b/i.test(path) && path !== 'dist/chunks/test.js')).toEqual([]);
    const imports = program.flatMap((path) =>
      [...readFileSync(join(bundle, path), 'utf8').matchAll(/^(?:import|export) .* from "([^"]+)";$/gm)].map(
        ([, name = '']) => name,
      ),
    );
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.filter((name) => !name.startsWith('./') && !name.startsWith('../'))).toEqual([]);
  });

  test('the licenses permit distribution', () => {
    const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'PSF-2.0', 'Unlicense'];
    const licenses = new Set(components().map((one) => one.licenses[0].expression));
    expect([...licenses].filter((license) => !permissive.includes(license))).toEqual([]);
  });

  test('the bundle is small', () => {
    const size = files().reduce((sum, path) => sum + statSync(join(bundle, path)).size, 0);
    expect(size / MEGABYTES).toBeLessThan(5);
  });
});

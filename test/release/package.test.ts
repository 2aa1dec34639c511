import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../src/cli/version.ts';

const ROOT = join(import.meta.dirname, '../..');
const MEGABYTES = 1e6;

let scratch: string;
let project: string;
let archive: string;

/** Runs npm and its commands with an empty home, without a registry, and with the Node.js that runs the tests. */
function run(command: string, args: readonly string[], cwd: string) {
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: {
      HOME: join(scratch, 'home'),
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
      npm_config_ignore_scripts: 'true',
    },
  });
  return { stdout: result.stdout, stderr: result.stderr, status: result.status };
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'wsap-package-'));
  mkdirSync(join(scratch, 'home'));
  const content = join(scratch, 'content');
  const built = run(process.execPath, [join(ROOT, 'deploy/release/package.ts'), content], ROOT);
  expect(built.status, built.stderr).toBe(0);
  const packed = run('npm', ['pack', '--silent', '--pack-destination', scratch], content);
  expect(packed.status, packed.stderr).toBe(0);
  archive = join(scratch, packed.stdout.trim());
  project = join(scratch, 'project');
  mkdirSync(project);
  const installed = run('npm', ['install', archive], project);
  expect(installed.status, installed.stderr).toBe(0);
}, 300_000);
afterAll(() => rmSync(scratch, { recursive: true }));

describe('the npm package in an empty folder', () => {
  test('npx runs wsap', () => {
    expect(run('npx', ['wsap', '--version'], project)).toEqual({ stdout: `${version}\n`, stderr: '', status: 0 });
  });

  test('npx lints a sample, and rejects a field that the CRD does not define', () => {
    cpSync(join(ROOT, 'deploy/samples/no-visio.yaml'), join(project, 'policy.yaml'));
    expect(run('npx', ['wsap', 'lint', '-f', 'policy.yaml'], project)).toMatchObject({ status: 0, stderr: '' });
    const broken = readFileSync(join(project, 'policy.yaml'), 'utf8').replace('denied', 'refused');
    const linted = spawnSync('npx', ['wsap', 'lint', '-f', '-'], { cwd: project, encoding: 'utf8', input: broken });
    expect(linted.status).toBe(1);
  });

  test('the commands of the kubectl plugin are installed', () => {
    expect(readdirSync(join(project, 'node_modules/.bin')).sort()).toEqual([
      'kubectl-wsap',
      'kubectl_complete-wsap',
      'wsap',
    ]);
    expect(run('npx', ['kubectl_complete-wsap', 'inv'], project).stdout).toMatch(/^inventory\t/);
  });

  test('the package has no dependencies and no scripts', () => {
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['wsap']);
    const manifest = JSON.parse(readFileSync(join(project, 'node_modules/wsap/package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      name: 'wsap',
      version,
      license: 'Apache-2.0',
      repository: { url: 'git+https://github.com/wsap-dev/wsap.git' },
    });
    for (const field of ['private', 'scripts', 'dependencies', 'devDependencies', 'allowScripts']) {
      expect(manifest).not.toHaveProperty(field);
    }
  });

  test('the package contains the program, the CRDs, licenses, and the list of its packages', () => {
    expect(readdirSync(join(project, 'node_modules/wsap')).sort()).toEqual([
      'LICENSE',
      'README.md',
      'THIRD-PARTY-NOTICES',
      'crds',
      'dist',
      'package.json',
      'wsap.cdx.json',
    ]);
  });

  test('the package is small', () => {
    expect(statSync(archive).size / MEGABYTES).toBeLessThan(2);
  });
});

test('the sources cannot be published', () => {
  expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).private).toBe(true);
});

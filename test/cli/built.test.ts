import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'deploy/examples/policy-tests');
const POLICIES = ['-f', join(EXAMPLES, 'policies'), '--inventory', join(EXAMPLES, 'inventory.yaml')];

/** `npm link` and the image use the compiled program with copied files. The other tests run the sources. */
describe('the built wsap', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wsap-built-'));
    for (const name of ['package.json', 'src', 'crds', 'deploy/image']) {
      await cp(join(ROOT, name), join(folder, name), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await promisify(execFile)('npm', ['run', 'build'], { cwd: folder });
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = async (program: string, ...args: string[]) => {
    // The program must run with the Node.js that runs the tests.
    const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
    return (await promisify(execFile)(join(folder, 'dist/cli', program), args, { env })).stdout;
  };
  const wsap = (...args: string[]) => run('main.js', ...args);

  test('plans policies', async () => {
    expect(await wsap('plan', ...POLICIES)).toMatch(/^Plan: \d+ to disassociate/m);
  });

  test('writes a report with its style and script', async () => {
    const page = await wsap('report', ...POLICIES);
    expect(page).toContain('color-scheme: light dark');
    expect(page).toContain("addEventListener('beforeprint'");
  });

  test('lints and tests policies', async () => {
    expect(await wsap('lint', '-f', join(EXAMPLES, 'policies'))).toContain('no problems found');
    expect(await wsap('test', EXAMPLES)).toContain('0 failed');
  });

  test('completes words for kubectl', async () => {
    expect(await run('kubectlComplete.js', 'inv')).toMatch(/^inventory\t/);
  });
});

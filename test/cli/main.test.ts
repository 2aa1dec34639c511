import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const hasFish = spawnSync('fish', ['--version']).status === 0;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const SAMPLE = join(import.meta.dirname, '../../deploy/samples/no-visio.yaml');

function wsap(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env }, timeout: 20_000 };
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('wsap', { concurrent: true }, () => {
  test('says its version', async () => {
    expect(await wsap(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test('shows where an error came from only if asked', async () => {
    const args = ['plan', '-f', '/nowhere.yaml'];
    expect((await wsap(args)).stderr).toBe('wsap: /nowhere.yaml: there is no such file or folder\n');
    expect((await wsap(['-v', ...args])).stderr).toMatch(/^wsap: CliError: \/nowhere.*\n +at /);
  });

  test('operator --help names each flag with its variable and default', async () => {
    const { stdout } = await wsap(['operator', '--help']);
    for (const name of ['NAMESPACE', 'AWS_REQUESTS_PER_SECOND', 'AWS_BURST', 'CONCURRENT', 'LOG_LEVEL']) {
      expect(stdout).toContain(`WSAP_${name}`);
    }
  });

  test('completes commands, values and files in bash', async () => {
    const script = `
      wsap() { "${process.execPath}" "${MAIN}" "$@"; }
      source <(wsap completion bash)
      complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _wsap; echo "\${COMPREPLY[@]}"; }
      complete_words wsap inv
      complete_words wsap get -o ''
      complete_words wsap plan -f tsconfig.b
    `;
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: join(import.meta.dirname, '../..') });
    expect(stdout).toBe('inventory\ntable json yaml\ntsconfig.build.json\n');
  });

  // Where it isn't installed, but for CI.
  test.skipIf(!hasFish && process.env.CI === undefined)('completes commands, values and files in fish', async () => {
    const script = `
      function wsap; ${process.execPath} ${MAIN} $argv; end
      wsap completion fish | source
      complete -C 'wsap inv' | string replace -r '\\t.*' ''
      complete -C 'wsap get -o '
      complete -C 'wsap plan -f tsconfig.b'
    `;
    const { stdout } = await promisify(execFile)('fish', ['-c', script], { cwd: join(import.meta.dirname, '../..') });
    expect(stdout).toBe('inventory\njson\ntable\nyaml\ntsconfig.build.json\n');
  });

  test.each<[string, string[], Record<string, string>, string]>([
    ['nothing to lint', ['lint', '-f', '/nowhere.yaml'], {}, 'wsap: /nowhere.yaml: there is no such file or folder'],
    ['a folder without tests', ['test', import.meta.dirname], {}, 'there is no wsap-test.yaml in'],
    ['a format that there is not', ['plan', '-o', 'xml'], {}, 'Allowed choices are table, json, yaml, markdown.'],
    ['an inventory that is none', ['plan', '-f', SAMPLE, '--inventory', SAMPLE], {}, 'no-visio.yaml is no inventory: '],
    [
      'no region',
      ['inventory'],
      { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_EC2_METADATA_DISABLED: 'true' },
      'Set AWS_REGION to the region of the WorkSpaces',
    ],
    [
      'no credentials',
      ['plan', '-f', SAMPLE],
      { AWS_REGION: 'eu-central-1', AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nowhere' },
      'no usable AWS credentials',
    ],
    ['no fleet to simulate', ['simulate'], {}, 'name a fleet to begin with: --seed FILE, or --from INVENTORY'],
    ['a flag that does not exist', ['operator', '--namespce', 'x'], {}, 'Did you mean --namespace?'],
    ['a rate of 0', ['operator', '--aws-requests-per-second', '0'], {}, 'It must be a number above 0.'],
    [
      'a rate from the environment',
      ['operator'],
      { WSAP_AWS_REQUESTS_PER_SECOND: 'fast' },
      'It must be a number above 0.',
    ],
    ['half a worker', ['operator', '--concurrent', '1.5'], {}, 'It must be a whole number from 1.'],
    ['an unknown log level', ['operator'], { WSAP_LOG_LEVEL: 'loud' }, 'Allowed choices are'],
    ['a kubeconfig that does not exist', ['operator'], { KUBECONFIG: '/nowhere/config' }, '/nowhere/config'],
  ])('refuses %s in a line, without a stack trace', async (_, args, env, message) => {
    const { code, stderr } = await wsap(args, env);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { COMPLETION_SCRIPTS } from '../../src/cli/actions/completion/scripts.ts';
import { COMPILE_CACHE } from '../environment/compileCache.ts';

/** Whether a shell is missing. CI must have all of them. */
const isMissing = (shell: string) => process.env.CI === undefined && spawnSync(shell, ['--version']).status !== 0;

interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const SAMPLE = join(import.meta.dirname, '../../deploy/samples/no-visio.yaml');

function wsap(args: readonly string[], env: Record<string, string> = {}): Promise<ProcessResult> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...COMPILE_CACHE, ...env }, timeout: 50_000 };
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? Number.NaN), stdout, stderr });
    });
  });
}

describe('wsap', { concurrent: true }, () => {
  test('prints its version', async () => {
    expect(await wsap(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test('prints a stack trace only with --verbose', async () => {
    const args = ['plan', '-f', '/nowhere.yaml'];
    expect((await wsap(args)).stderr).toBe('wsap: /nowhere.yaml: no such file or folder\n');
    expect((await wsap(['-v', ...args])).stderr).toMatch(/^wsap: TextFileError: \/nowhere.*\n +at /);
  });

  test('prints only the message of an uncaught error', async () => {
    const bug = `process.on('newListener', (event) => event === 'uncaughtException' && setImmediate(() => {
      throw Object.assign(new Error('a bug'), { request: { headers: { authorization: process.env.SECRET } } });
    }));`;
    const env = { SECRET: 'canary', NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` };
    expect(await wsap(['lint', '-f', SAMPLE], env)).toEqual({ code: 1, stdout: '', stderr: 'wsap: a bug\n' });
    const verbose = await wsap(['-v', 'lint', '-f', SAMPLE], env);
    expect(verbose.stderr).toMatch(/^wsap: Error: a bug\n +at /);
    expect(verbose.stderr).not.toContain('canary');
  });

  test('operator --help shows the environment variable of each flag', async () => {
    const { stdout } = await wsap(['operator', '--help']);
    for (const name of ['NAMESPACE', 'AWS_REQUESTS_PER_SECOND', 'AWS_BURST', 'CONCURRENT', 'LOG_LEVEL']) {
      expect(stdout).toContain(`WSAP_${name}`);
    }
  });

  test('prints an IAM policy with only the permissions that the enforcement needs', async () => {
    const scope = ['--account', '123456789012', '--region', 'us-gov-west-1'];
    const [audit, approve, tagged] = await Promise.all([
      wsap(['iam', ...scope]),
      wsap(['iam', ...scope, '--enforcement', 'Approve']),
      wsap(['iam', ...scope, '--enforcement', 'Enforce', '--workspace-tag', 'Cost Center=1=2']),
    ]);
    expect(audit).toMatchObject({ code: 0, stderr: '' });
    expect(audit.stdout).toContain('"arn:aws-us-gov:workspaces:us-gov-west-1:123456789012:workspace/*"');
    expect(audit.stdout).not.toContain('Deploy');
    expect(approve.stdout).toContain('workspaces:DeployWorkspaceApplications');
    expect(JSON.parse(tagged.stdout).Statement).toContainEqual(
      expect.objectContaining({
        Sid: 'ChangeWorkspaces',
        Condition: expect.objectContaining({
          StringEquals: expect.objectContaining({ 'aws:ResourceTag/Cost Center': '1=2' }),
        }),
      }),
    );
  });

  test('prints the permissions for queues with events, by name in each region or by ARN', async () => {
    const elsewhere = 'arn:aws:sqs:eu-central-1:210987654321:shared';
    const { code, stdout } = await wsap([
      ...['iam', '--account', '123456789012', '--region', 'eu-central-1', 'eu-west-1'],
      ...['--event-queue', 'wsap-events', elsewhere],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).Statement).toContainEqual({
      Sid: 'ReceiveEvents',
      Effect: 'Allow',
      Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      Resource: [
        'arn:aws:sqs:eu-central-1:123456789012:wsap-events',
        'arn:aws:sqs:eu-west-1:123456789012:wsap-events',
        elsewhere,
      ],
    });
  });

  test('prints the permissions for the topics of notifications, by name in each region or by ARN', async () => {
    const elsewhere = 'arn:aws:sns:eu-central-1:210987654321:shared.fifo';
    const { code, stdout } = await wsap([
      ...['iam', '--account', '123456789012', '--region', 'eu-central-1', 'eu-west-1'],
      ...['--notification-topic', 'desktops', elsewhere],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).Statement).toContainEqual({
      Sid: 'PublishNotifications',
      Effect: 'Allow',
      Action: 'sns:Publish',
      Resource: [
        'arn:aws:sns:eu-central-1:123456789012:desktops',
        'arn:aws:sns:eu-west-1:123456789012:desktops',
        elsewhere,
      ],
    });
  });

  // bash 3.2 of macOS has no mapfile and no compopt, and its source reads nothing from a process substitution.
  test.each([
    ['bash 4 and later', 'source <(wsap completion bash)'],
    ['bash 3.2', 'enable -n mapfile readarray compopt; source /dev/stdin <<<"$(wsap completion bash)"'],
  ])('completes commands, values, and files in %s', async (_, load) => {
    const script = `
      wsap() { "${process.execPath}" "${MAIN}" "$@"; }
      ${load}
      complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _wsap; echo "\${COMPREPLY[@]}"; }
      complete_words wsap inv
      complete_words wsap get -o ''
      complete_words wsap plan -f biome.j
      complete_words wsap nothing ''
    `;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], {
      cwd: join(import.meta.dirname, '../..'),
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'inventory\ntable json yaml\nbiome.json\n\n', stderr: '' });
  });

  test('the script for bash uses nothing that bash 3.2 does not have', () => {
    const { bash } = COMPLETION_SCRIPTS;
    const newerThan32 = [
      /\b(mapfile|readarray|compopt|coproc)\b/,
      /\[-\d+\]/,
      /\b(declare|local|typeset) -[a-zA-Z]*[Ang]/,
      /\$\{\w+(\[[@*]\])?(,|\^|@[A-Za-z])/,
      /&>>|\|&|;;?&/,
      /\{\w+\}[<>]/,
      /\[\[ -v /,
      // Within double quotes, bash 3.2 doesn't expand it.
      /%%?\$'/,
    ];
    expect(newerThan32.filter((feature) => feature.test(bash))).toEqual([]);
  });

  test.skipIf(isMissing('fish'))('completes commands, values, and files in fish', async () => {
    const script = `
      function wsap; ${process.execPath} ${MAIN} $argv; end
      wsap completion fish | source
      complete -C 'wsap inv' | string replace -r '\\t.*' ''
      complete -C 'wsap get -o '
      complete -C 'wsap plan -f biome.j'
    `;
    const { stdout } = await promisify(execFile)('fish', ['-c', script], { cwd: join(import.meta.dirname, '../..') });
    expect(stdout).toBe('inventory\njson\ntable\nyaml\nbiome.json\n');
  });

  test.skipIf(isMissing('zsh'))('completes commands, values, and files in zsh', async () => {
    // Only the line editor of zsh completes. These functions print what it would show.
    const script = `
      wsap() { "${process.execPath}" "${MAIN}" "$@"; }
      autoload -Uz compinit && compinit -D
      source <(wsap completion zsh)
      _describe() { print -rl -- "\${(@)\${(P)2}%%:*}"; }
      _files() { print files; }
      complete_words() { words=("$@"); CURRENT=$#; "$_comps[wsap]"; }
      complete_words wsap inv
      complete_words wsap get -o ''
      complete_words wsap plan -f biome.j
      complete_words wsap completion z
    `;
    const { stdout } = await promisify(execFile)('zsh', ['-f', '-c', script], {
      cwd: join(import.meta.dirname, '../..'),
    });
    expect(stdout).toBe('inventory\ntable\njson\nyaml\nfiles\nzsh\n');
  });

  describe('plan', () => {
    const INVENTORY = join(import.meta.dirname, '../../deploy/examples/policy-tests/inventory.yaml');
    const planned = ['plan', '-f', SAMPLE, '--inventory', INVENTORY];

    test('--detailed-exitcode exits with 2 for changes, or for differences with --diff-against', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'wsap-plan-'));
      const unlimited = join(folder, 'policy.yaml');
      await writeFile(
        unlimited,
        (await readFile(SAMPLE, 'utf8')).replace(/maxAffectedWorkspaces: .*/, 'maxAffectedWorkspaces: 100%'),
      );
      const changing = ['plan', '-f', unlimited, '--inventory', INVENTORY, '--detailed-exitcode'];
      expect((await wsap(changing)).code).toBe(2);
      expect(await wsap([...changing, '--diff-against', unlimited])).toMatchObject({
        code: 0,
        stdout: 'Differences: 0 added, 0 removed.\n',
      });
    });

    test('--explain estimates the calls, even with an inventory file', async () => {
      const { stderr } = await wsap([...planned, '--explain']);
      expect(stderr).toMatch(
        /^WorkSpaces: \w+; associations: \w+; estimate: \d+ calls, \d+s at 2 calls per second\nno calls; /,
      );
    });

    test('-n selects a namespace, which policies without a namespace belong to', async () => {
      expect((await wsap([...planned, '-n', 'desktops'])).stdout).toContain('desktops/no-visio');
      expect(await wsap([...planned, '-n', 'web'])).toMatchObject({
        code: 1,
        stderr: 'wsap: no policies found in the files in namespace web\n',
      });
      const folder = await mkdtemp(join(tmpdir(), 'wsap-plan-'));
      const withoutNamespace = join(folder, 'policy.yaml');
      await writeFile(withoutNamespace, (await readFile(SAMPLE, 'utf8')).replace(/^ +namespace: desktops\n/m, ''));
      expect((await wsap(['plan', '-f', withoutNamespace, '--inventory', INVENTORY, '-n', 'web'])).stdout).toContain(
        'web/no-visio',
      );
      expect((await wsap(['plan', '-f', withoutNamespace, '--inventory', INVENTORY])).stdout).toContain(
        'default/no-visio',
      );
    });
  });

  test.each<[string, string[], Record<string, string>, string]>([
    ['no cluster', ['get'], { HOME: '/nowhere' }, 'wsap: no kubeconfig found in /nowhere/.kube/config, '],
    ['a missing inventory', ['plan', '-f', SAMPLE, '--inventory', '/nowhere.yaml'], {}, 'no such file or folder'],
    [
      '--generate-exceptions with --diff-against',
      ['plan', '--generate-exceptions', '--diff-against', SAMPLE],
      {},
      'cannot be used with',
    ],
    ['--merge-cluster without files', ['plan', '--merge-cluster'], {}, '--merge-cluster requires files'],
    ['a missing manifest', ['lint', '-f', '/nowhere.yaml'], {}, 'wsap: /nowhere.yaml: no such file or folder'],
    ['a folder without tests', ['test', import.meta.dirname], {}, 'no wsap-test.yaml found in'],
    ['an unknown format', ['plan', '-o', 'xml'], {}, 'Allowed choices are table, json, yaml, markdown.'],
    [
      'an invalid inventory',
      ['plan', '-f', SAMPLE, '--inventory', SAMPLE],
      {},
      'no-visio.yaml is not a valid inventory',
    ],
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
    ['an account that is a wildcard', ['iam', '--account', '*'], {}, 'Must be an AWS account ID of 12 digits.'],
    [
      'a region that is a wildcard',
      ['iam', '--region', 'eu-*-1'],
      {},
      'Must be an AWS region, for example, eu-central-1.',
    ],
    ['an invalid partition', ['iam', '--partition', 'aws:x'], {}, 'Must be an AWS partition, for example, aws'],
    ['regions of two partitions', ['iam', '--region', 'eu-west-1', 'cn-north-1'], {}, 'print an IAM policy for each'],
    ['a queue that is a wildcard', ['iam', '--event-queue', '*'], {}, 'Must be the name or the ARN of an SQS queue'],
    ['a topic that is a wildcard', ['iam', '--notification-topic', '*'], {}, 'Must be the name or the ARN of an SNS'],
    ['notify without a mode', ['notify'], {}, 'set --dry-run to show the notifications, or --test'],
    ['a test without a provider', ['notify', '--test'], {}, '--test requires --provider NAME'],
    ['a test of files', ['notify', '--test', '-f', 'a.yaml', '--provider', 'a'], {}, "cannot be used with option '-f"],
    ['a tag without a value', ['iam', '--workspace-tag', 'Team'], {}, 'Must be KEY=VALUE'],
    ['a tag with a variable', ['iam', '--workspace-tag', 'Team=$username'], {}, 'Must be KEY=VALUE'],
    ['no fleet to simulate', ['simulate'], {}, 'no fleet to simulate; set --seed FILE or --from INVENTORY'],
    ['a flag that does not exist', ['operator', '--namespce', 'x'], {}, 'Did you mean --namespace?'],
    ['a rate of 0', ['operator', '--aws-requests-per-second', '0'], {}, 'Must be a number greater than 0.'],
    [
      'a rate from the environment',
      ['operator'],
      { WSAP_AWS_REQUESTS_PER_SECOND: 'fast' },
      'Must be a number greater than 0.',
    ],
    ['a fraction of a worker', ['operator', '--concurrent', '1.5'], {}, 'Must be an integer greater than 0.'],
    ['an unknown log level', ['operator'], { WSAP_LOG_LEVEL: 'loud' }, 'Allowed choices are'],
    [
      'a port without a colon',
      ['operator', '--metrics-bind-address', '8080'],
      {},
      'It must be an address, for example, :8080',
    ],
    ['a kubeconfig that does not exist', ['operator'], { KUBECONFIG: '/nowhere/config' }, '/nowhere/config'],
  ])('rejects %s with an error in one line', async (_, args, env, message) => {
    const { code, stderr } = await wsap(args, env);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^wsap: .*\n$/);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { simulateCommand } from '../../src/cli/commands/simulate.ts';

const COMMAND = new URL('../../src/cli/commands/simulate.ts', import.meta.url).href;
const SAMPLE = join(import.meta.dirname, '../../deploy/simulator/fleet.yaml');
const SCRIPT = `const { simulateCommand } = await import(${JSON.stringify(COMMAND)});
await simulateCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;

/** Starts the command in its own process. `end` resolves to the exit code after all output has arrived. */
function run(...args: string[]) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SCRIPT, '--', ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    out.stdout += text;
  });
  child.stderr.on('data', (text) => {
    out.stderr += text;
  });
  return { out, end: once(child, 'close').then(([code]) => code as number | null), kill: child.kill.bind(child) };
}

test('prints the environment variables and each change, and ends cleanly on SIGINT and SIGTERM', async () => {
  const idle = run('--seed', SAMPLE);
  const { out, end, kill } = run('--seed', SAMPLE, '--calls-per-second', '0', '--fault', 'Throttle,times=1');
  await expect.poll(() => out.stdout, { timeout: 60_000 }).toContain('export ');
  const [, url = ''] =
    /^export AWS_ENDPOINT_URL=(\S+) AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated$/m.exec(
      out.stdout,
    ) ?? [];
  const ask = (operation: string, input: object) =>
    fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': `WorkspacesService.${operation}` },
      body: JSON.stringify(input),
    });
  const applied = { WorkspaceId: 'ws-3x08q7wv7', ApplicationId: 'wsa-pnwx3wblx' };
  await ask('DisassociateWorkspaceApplication', applied);
  await ask('DisassociateWorkspaceApplication', applied);
  await ask('DescribeWorkspaces', {});
  await ask('DeployWorkspaceApplications', { WorkspaceId: 'ws-3x08q7wv7' });
  kill('SIGINT');
  expect(await end).toBe(0);
  const lines = out.stdout.split('\n').filter((line) => /^\d\d:/.test(line));
  const visio = 'Microsoft Visio LTSC Professional 2021';
  expect(lines.map((line) => line.slice(10))).toEqual([
    `DisassociateWorkspaceApplication  ws-3x08q7wv7 (lukas.weber)  ${visio}  → ThrottlingException  [fault Throttle]`,
    `DisassociateWorkspaceApplication  ws-3x08q7wv7 (lukas.weber)  ${visio}  → PENDING_UNINSTALL_DEPLOYMENT`,
    `DeployWorkspaceApplications  ws-3x08q7wv7 (lukas.weber)  → ${visio} PENDING_UNINSTALL`,
  ]);
  expect(out.stderr).toBe('');
  await expect.poll(() => idle.out.stdout, { timeout: 60_000 }).toContain('export ');
  idle.kill('SIGTERM');
  expect(await idle.end).toBe(0);
});

test.each(['0.0.0.0', '::'])('prints an address that other machines can reach if it listens on %s', async (host) => {
  const { out } = run('--seed', SAMPLE, '--host', host);
  await expect.poll(() => out.stdout, { timeout: 60_000 }).toContain('export ');
  const [, url = ''] = /^export AWS_ENDPOINT_URL=(\S+) /m.exec(out.stdout) ?? [];
  expect(url).not.toMatch(/0\.0\.0\.0|\[::\]/);
  expect((await fetch(`${url}/_simulator/calls`)).status).toBe(200);
});

test('prints one line about an invalid seed and exits with 1', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wsap-simulate-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const seed = join(folder, 'seed.yaml');
  await writeFile(seed, 'applications:\n- {applicationID: visio, name: Visio}\n');
  const { out, end } = run('--seed', seed);
  expect(await end).toBe(1);
  expect(out.stdout).toBe('');
  expect(out.stderr).toBe(
    `wsap: ${seed}:2:19: applications[0].applicationID: "visio" has an invalid format (Application ID: wsa- followed by 8 to 63 characters 0-9 or a-z)\n`,
  );
});

test('selects undocumented behavior', async () => {
  const { out } = run('--seed', SAMPLE, '--undocumented', 'emptyDeployment=OperationNotSupportedException');
  await expect.poll(() => out.stdout, { timeout: 60_000 }).toContain('export ');
  const [, url = ''] = /AWS_ENDPOINT_URL=(\S+)/.exec(out.stdout) ?? [];
  const headers = { 'x-amz-target': 'WorkspacesService.DeployWorkspaceApplications' };
  const response = await fetch(url, { method: 'POST', headers, body: '{"WorkspaceId":"ws-3x08q7wv7"}' });
  expect(await response.json()).toMatchObject({ __type: 'OperationNotSupportedException' });
});

test('enforces an IAM policy from a file and rejects an invalid one', async () => {
  const policy = (name: string) => join(import.meta.dirname, '../../deploy/iam', name);
  const { out } = run('--seed', SAMPLE, '--iam-policy', policy('audit.json'));
  await expect.poll(() => out.stdout, { timeout: 60_000 }).toContain('export ');
  const [, url = ''] = /AWS_ENDPOINT_URL=(\S+)/.exec(out.stdout) ?? [];
  const headers = { 'x-amz-target': 'WorkspacesService.DescribeWorkspaces' };
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
  // The policy still has a placeholder for its region.
  expect(await answer.json()).toMatchObject({
    message: expect.stringContaining('is not authorized to perform: workspaces:DescribeWorkspaces on resource: *'),
  });

  const rejected = run('--seed', SAMPLE, '--iam-policy', policy('trust-irsa.json'));
  expect(await rejected.end).toBe(1);
  expect(rejected.out.stderr).toMatch(/^wsap: .*trust-irsa\.json:\d+:\d+: Statement\[0\]: Resource is missing/);
});

test.each([
  [['--seed', SAMPLE, '--fault', 'Trottle'], '"Trottle" must be one of Throttle'],
  [['--seed', SAMPLE, '--undocumented', 'swapOrder=Any'], 'swapOrder: "Any" must be one of UninstallFirst'],
  [['--seed', SAMPLE, '--port', 'http'], 'Must be a port number'],
  [['--seed', SAMPLE, '--port', '70000'], 'from 0 to 65535'],
  [['--seed', SAMPLE, '--burst', '0'], 'Must be an integer greater than 0'],
  [['--seed', SAMPLE, '--calls-per-second', '-1'], 'Must be 0 or a number greater than 0'],
])('rejects the arguments %j', async (args, message) => {
  const command = simulateCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  await expect(command.parseAsync(args, { from: 'user' })).rejects.toThrow(message);
});

test('prints the URL of each queue that receives events', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wsap-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const seed = join(folder, 'seed.yaml');
  await writeFile(seed, 'queues: [{name: wsap-events, deadLetterQueue: dead-letters}, {name: dead-letters}]\n');
  const { out, end, kill } = run('--seed', seed);
  await expect.poll(() => out.stdout, { timeout: 60_000 }).toContain('Ctrl-C');
  kill('SIGTERM');
  expect(await end).toBe(0);
  expect(out.stdout.match(/queueURL: (\S+)/g)).toEqual([
    'queueURL: https://sqs.eu-central-1.amazonaws.com/123456789012/wsap-events',
  ]);
});

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSeed } from '../../../src/simulator/seed.ts';
import { isOnPath, lookAround, reviewChanges, shellWord, tryNext } from './hints.ts';
import type { WatchedPolicy } from './policyWatch.ts';

const ROOT = join(import.meta.dirname, '../../..');
const AWS = { awsUrl: 'http://127.0.0.1:1', awsRegion: 'eu-central-1' };
const REMOVED = { workspaceID: 'ws-2rvc0s3h7', applicationID: 'wsa-pnwx3wblx', userName: 'chloe.dubois' };

function sh(script: string): string {
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { PATH: process.env.PATH } });
}

it('sets up another terminal, even with special characters in paths', () => {
  const [first] = lookAround({ kubeconfigPath: "/tmp/it's here/kubeconfig", kubectlFolder: '/a cache/$HOME', ...AWS });

  expect(sh(`${first}; printf '%s|%s' "$KUBECONFIG" "$PATH"`)).toBe(
    `/tmp/it's here/kubeconfig|${process.env.PATH}:/a cache/$HOME`,
  );
});

it('keeps the PATH if kubectl is on it', () => {
  expect(lookAround({ kubeconfigPath: '/tmp/kubeconfig', kubectlFolder: undefined, ...AWS })).toEqual([
    'export KUBECONFIG=/tmp/kubeconfig',
    'export AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated',
    'kubectl get wsap -A',
  ]);
});

it('shows commands that review the changes, even with special characters in paths', () => {
  const commands = reviewChanges("/tmp/it's here/audit.log").map(({ command }) => command);

  expect(commands.map((command) => sh(`npm() { printf '%s|' "$@"; }; ${command}`))).toEqual([
    "run|--silent|wsap|--|audit|verify|/tmp/it's here/audit.log|--fleet|default|",
    "run|--silent|wsap|--|report|--since|1h|--audit-log|/tmp/it's here/audit.log|--output-file|changes.html|",
    'run|--silent|wsap|--|notify|--dry-run|--all|-f|deploy/examples/notifications/generic-hmac.yaml|',
  ]);
});

it('finds only executable files', async () => {
  expect(await isOnPath('sh')).toBe(true);
  expect(await isOnPath('package.json', `:/nowhere:${ROOT}`)).toBe(false);
});

it('quotes words for a shell', () => {
  expect(['plain-1.0', 'two words', "it's", '$(x)', ''].map(shellWord)).toEqual([
    'plain-1.0',
    "'two words'",
    "'it'\\''s'",
    "'$(x)'",
    "''",
  ]);
});

it('shows a limit below and a limit above the share of WorkSpaces with Project', async () => {
  const sample: WatchedPolicy = parse(await readFile(join(ROOT, 'deploy/samples/no-visio.yaml'), 'utf8'));
  const { workspaces, applications } = await readSeed(join(ROOT, 'deploy/simulator/fleet.yaml'));
  const projects = new Set(
    applications.filter(({ name }) => name.startsWith('Microsoft Project')).map(({ applicationID }) => applicationID),
  );
  const having = workspaces.filter((workspace) =>
    workspace.applications?.some((one) => projects.has(typeof one === 'string' ? one : one.applicationID)),
  );
  const share = (100 * having.length) / workspaces.length;
  const [, , deny, raise] = tryNext('http://127.0.0.1:1', sample, REMOVED);
  const limitOf = (text = '') => Number(/(\d+)%/.exec(text)?.[1]);

  expect(limitOf(deny?.comment)).toBeLessThan(share);
  expect(limitOf(raise?.command)).toBeGreaterThan(share);
});

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conditionOf } from '../../src/cli/actions/policies.ts';
import { version } from '../../src/cli/version.ts';
import { POLICIES, type PolicyObject } from '../../src/kube/resources.ts';
import { readSeed } from '../../src/simulator/seed.ts';
import { ROOT } from '../environment/image/content.ts';
import { waitingForUsers } from '../environment/quickstart/logOff.ts';
import type { Container } from './container.ts';
import { mebibytes, printFigure } from './figures.ts';
import { ImageHarness } from './imageHarness.ts';
import { waitUntil } from './waiting.ts';

const NODE = '/nodejs/bin/node';

let harness: ImageHarness;
let operator: Container;
beforeAll(async () => {
  const seed = await readSeed(join(ROOT, 'deploy/simulator/fleet.yaml'));
  harness = await ImageHarness.start({ ...seed, rateLimit: { ...seed.rateLimit, callsPerSecond: 0 } });
  const { container, milliseconds } = await harness.startReadyPod();
  operator = container;
  printFigure('time until a pod is ready', `${milliseconds.toFixed(0)} ms`);
});
afterAll(() => harness?.[Symbol.asyncDispose]());

test('the process has the user of the chart, and no privileges', async () => {
  expect(await operator.processStatus('Uid')).toMatch(/^65532\t65532\t/);
  expect(await operator.processStatus('Gid')).toMatch(/^65532\t65532\t/);
  expect(BigInt(`0x${await operator.processStatus('CapBnd')}`)).toBe(0n);
  expect(BigInt(`0x${await operator.processStatus('CapEff')}`)).toBe(0n);
  expect(await operator.processStatus('NoNewPrivs')).toBe('1');
  // With a filter of system calls.
  expect(await operator.processStatus('Seccomp')).toBe('2');
});

test.each(['/', '/tmp', '/app', '/home/nonroot', '/var/run/secrets/kubernetes.io/serviceaccount'])(
  'the process cannot write to %s',
  async (folder) => {
    const script = `fs.mkdirSync(${JSON.stringify(join(folder, 'written'))})`;
    expect((await operator.exec(NODE, '--eval', script)).output).toContain('EROFS: read-only file system');
  },
);

test('V8 gets its limit from the memory limit of the chart', async () => {
  const { code, output } = await operator.exec(NODE, '--print', 'v8.getHeapStatistics().heap_size_limit');
  expect(code, output).toBe(0);
  const { limit } = operator.memory;
  expect(limit).toBe(512 * 2 ** 20);
  expect(Number(output) / limit).toBeGreaterThan(0.4);
  expect(Number(output) / limit).toBeLessThan(0.8);
});

test('a policy removes an application, another one replaces one, and both wait for connected users', async () => {
  const { installation } = harness;
  await installation.kubectl('apply', '-f', join(ROOT, 'deploy/samples'));

  const waiting = await waitUntil(async () => {
    const ids = waitingForUsers(await policy('no-visio'));
    expect(ids, operator.log).not.toEqual([]);
    return ids;
  });
  expect(waiting).toEqual(['ws-6r6mdqm2l']);
  expect((await policy('no-visio')).status?.compliance).toMatchObject({ selected: 40, drifted: 1, held: 1 });
  expect(deployed().filter((workspaceID) => waiting.includes(workspaceID))).toEqual([]);
  expect(await installation.kubectl('describe', 'wsap', '-n', 'desktops', 'no-visio')).toContain('UserConnected');

  installation.aws.simulated.setWorkspace('ws-6r6mdqm2l', { connection: 'DISCONNECTED' });
  await waitUntil(async () => {
    for (const name of ['no-visio', 'office-2024']) {
      expect(conditionOf((await policy(name)).status, 'Compliant'), operator.log).toMatchObject({ status: 'True' });
    }
  });
  expect(deployed()).toContain('ws-6r6mdqm2l');
  // 7 WorkSpaces had Visio, and 3 users get the newer Office, each with one deployment.
  expect(deployed()).toHaveLength(10);
  const columns = await installation.kubectl('get', 'wsap', '-n', 'desktops');
  expect(columns).toMatch(/^no-visio +Enforce +false +True +True +40 +0 +0 /m);
  expect(columns).toMatch(/^office-2024 +Enforce +false +True +True +3 +0 +0 /m);
});

test('the probes of the chart succeed, and the metrics contain the policies', async () => {
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
    expect(await operator.probe(probe)).toBe(200);
  }
  const metrics = await (await fetch(operator.url('metrics', '/metrics'))).text();
  expect(metrics).toMatch(/^controller_runtime_reconcile_total\{.*\} [1-9]/m);
  expect(metrics).toContain('name="no-visio"');
});

test('the memory remains below the limit of the chart', () => {
  const { workingSet, peak, limit, kills } = operator.memory;
  printFigure('memory with two policies and 40 WorkSpaces', `at most ${mebibytes(peak)}`);
  expect(kills).toBe(0);
  expect(workingSet / limit).toBeLessThan(0.25);
});

test('SIGTERM ends the operator with exit code 0, and without leases', async () => {
  await waitUntil(async () => expect(await harness.leaseHolders()).not.toEqual([]));
  const { code, milliseconds } = await operator.stop();
  printFigure('time from SIGTERM to the exit', `${milliseconds.toFixed(0)} ms`);
  expect(code, operator.log).toBe(0);
  expect(operator.log).toMatch(/"msg":"operator stopped"/);
  expect(await harness.leaseHolders()).toEqual([]);
});

test('a pod with the user ID and the group of OpenShift becomes ready, and takes over the leases', async () => {
  const podSecurityContext = {
    runAsNonRoot: true,
    runAsUser: 1_000_720_000,
    runAsGroup: 0,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const { container } = await harness.startReadyPod({ podSecurityContext });
  expect(await container.processStatus('Uid')).toMatch(/^1000720000\t/);
  expect(await container.processStatus('Gid')).toMatch(/^0\t/);
  await waitUntil(async () => expect(await harness.leaseHolders()).not.toEqual([]));
  expect((await container.stop()).code, container.log).toBe(0);
});

test('the image prints its version', async () => {
  const started = performance.now();
  const container = await harness.startPod({ args: ['--version'] });
  expect(await container.exitCode()).toBe(0);
  printFigure('time of --version, with the start of the container', `${(performance.now() - started).toFixed(0)} ms`);
  await waitUntil(() => expect(container.log).toBe(`${version}\n`));
});

function policy(name: string): Promise<PolicyObject> {
  return harness.client.request<PolicyObject>({ verb: 'get', resource: POLICIES, namespace: 'desktops', name });
}

/** Returns the WorkSpaces of all deployments. */
function deployed(): string[] {
  return harness.installation.aws.calls
    .list()
    .filter(({ operation, done }) => done && operation === 'DeployWorkspaceApplications')
    .map(({ input }) => (input as { WorkspaceId: string }).WorkspaceId);
}

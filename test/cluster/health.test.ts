import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Listener } from '../../src/operator/http/listener.ts';
import { FakeApiServer, json, list, type Responder, status } from '../kube/fakeApiServer.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf } from './clusterHarness.ts';
import { OperatorProcess } from './operatorProcess.ts';

/** Returns the status and body of a probe. */
async function probe(operator: OperatorProcess, path: string): Promise<[number, string]> {
  const response = await operator.get(path);
  return [response.status, await response.text()];
}

/** Runs a test with an operator that uses a fake API server. */
async function withFakeApiServer(
  body: (server: FakeApiServer, operator: OperatorProcess) => Promise<void>,
  flags: readonly string[] = [],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wsap-health-'));
  const server = await FakeApiServer.start();
  const KUBECONFIG = join(folder, 'kubeconfig');
  await writeFile(KUBECONFIG, server.kubeConfig().exportConfig());
  const options = { namespace: 'desktops', endpoint: 'http://127.0.0.1:9', flags, env: { KUBECONFIG } };
  await using operator = new OperatorProcess(options);
  try {
    await body(server, operator);
  } finally {
    await operator.kill();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

/** Responds to reads of a cluster without resources, except for the Lease that operators share. */
const emptyCluster: Responder = (response, request) => {
  const name = /\/leases\/([^/]+)$/.exec(request.path)?.[1];
  const respond = name === undefined ? list([], '1') : json({ metadata: { name, resourceVersion: '1' }, spec: {} });
  respond(response, request);
};

describe('health', { concurrent: true }, () => {
  test('the operator is alive, but not ready, before its caches are filled', async () => {
    await withFakeApiServer(async (server, operator) => {
      server.defaultList = status(503, 'ServiceUnavailable', 'starting');
      operator.start();
      await eventuallyReported(async () => expect((await operator.get('/readyz')).status).toBe(503), 50);
      const [, reason] = await probe(operator, '/readyz');
      expect(reason).toContain('[-]workspacefleets-cache failed: the workspacefleets have not synced yet\n');
      expect(reason).toMatch(/readyz check failed\n$/);
      expect(await probe(operator, '/livez')).toEqual([200, 'ok']);
      expect(await probe(operator, '/healthz')).toEqual([200, 'ok']);
      server.defaultList = emptyCluster;
      server.defaultOther = (response, request) => json(request.body)(response, request);
      await eventuallyReported(async () => expect(await probe(operator, '/readyz')).toEqual([200, 'ok']));
      const [, verbose] = await probe(operator, '/readyz?verbose');
      expect(verbose).toContain('[+]workspaceapplicationpolicies-cache ok\n');
    });
  });

  test('a stopping operator is not ready, and serves probes and metrics until it exits', async () => {
    const slow = [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 15_000 } as const];
    await using harness = await ClusterHarness.start(fleetOf(4, 1, { faults: slow }));
    await harness.apply('no-visio');
    await eventually(() => expect(harness.simulator.faults.list()[0]?.struck).toBeGreaterThan(0));
    const { operator } = harness;
    expect((await operator.get('/readyz')).status).toBe(200);
    const stopped = operator.stop();
    await eventuallyReported(async () => expect((await operator.get('/readyz')).status).toBe(503), 50);
    const [, reason] = await probe(operator, '/readyz');
    expect(reason).toContain('[-]shutdown failed: the operator is stopping\n');
    expect(await probe(operator, '/livez')).toEqual([200, 'ok']);
    expect(await (await operator.get('/metrics')).text()).toMatch(
      /^controller_runtime_active_workers\{[^}]*controller="policy"[^}]*\} 1$/m,
    );
    expect(await stopped).toBe(0);
    expect(harness.changes().length).toBeGreaterThan(0);
  });

  test('a stopping operator exits with 1 immediately after a second signal', async () => {
    const slow = [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 25_000 } as const];
    await using harness = await ClusterHarness.start(fleetOf(4, 1, { faults: slow }));
    await harness.apply('no-visio');
    await eventually(() => expect(harness.simulator.faults.list()[0]?.struck).toBeGreaterThan(0));
    const { operator } = harness;
    const stopped = operator.stop();
    await eventuallyReported(async () => expect((await operator.get('/readyz')).status).toBe(503), 50);
    expect(await operator.stop()).toBe(1);
    expect(await stopped).toBe(1);
    // The call in flight was not awaited.
    expect(harness.changes()).toEqual([]);
  });

  test('the operator does not start if its port is in use', async () => {
    const page = { '/': () => ({ status: 200, contentType: 'text/plain', body: '' }) };
    const taken = await Listener.open({ host: '127.0.0.1', port: 0 }, page, () => {});
    await withFakeApiServer(
      async (_, operator) => {
        operator.start();
        const advice = `wsap: --metrics-bind-address: cannot listen on ${taken.address}: the address is in use`;
        await eventually(() => expect(operator.log).toContain(advice));
        expect(await operator.ended()).toBe(1);
        expect(operator.log).not.toContain('operator started');
      },
      ['--metrics-bind-address', taken.address],
    ).finally(() => taken.close());
  });
});

test('logs, statuses, Events, and metrics contain no credential while AWS calls fail', async () => {
  const canaryToken = 'c4n4ryHq7wPz2Lx9VbT3';
  const env = { AWS_SECRET_ACCESS_KEY: `${canaryToken}SECRET`, AWS_SESSION_TOKEN: `${canaryToken}TOKEN` };
  const faults = [
    { fault: 'HttpError', operation: 'DescribeApplications' },
    { fault: 'AccessDenied', operation: 'DisassociateWorkspaceApplication' },
  ] as const;
  await using harness = await ClusterHarness.start(
    fleetOf(4, 1, { faults: [...faults] }),
    ['--log-level', 'trace'],
    [],
    {
      operatorEnv: env,
    },
  );
  await harness.applyFleet('foreign', {
    roleARN: 'arn:aws:iam::123456789012:role/none',
    externalID: `${canaryToken}EXTERNAL`,
  });
  await harness.apply('no-visio');
  await harness.apply('foreign', { fleetRef: { name: harness.fleetName('foreign') } });
  await harness.waitForCondition('no-visio', 'Ready', 'False', 'ReadFailed');
  await harness.waitForCondition('foreign', 'Stalled', 'True', 'FleetNotReady');
  harness.simulator.faults.clear();
  await harness.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=1');
  await harness.waitForCondition('no-visio', 'Ready', 'True');
  const reported = [
    harness.operator.log,
    JSON.stringify([await harness.policy('no-visio'), await harness.policy('foreign')].map((policy) => policy.status)),
    JSON.stringify((await harness.fleet('foreign')).status),
    JSON.stringify(await harness.events()),
    await (await harness.operator.get('/metrics')).text(),
  ];
  expect(harness.operator.log).toContain('"level":"debug"');
  expect(reported.filter((text) => text.includes(canaryToken))).toEqual([]);
});

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { seedFrom } from '../../src/simulator/seed.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';
import { OperatorProcess } from './operatorProcess.ts';

/** Control plane of this file, because WorkspaceFleets of other tests would end the ambient fleet. */
let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await startControlPlane({ crdPaths: [join(import.meta.dirname, '../../crds')] });
});
afterAll(() => cluster.stop());
afterEach(async () => {
  await cluster.kubectl(['delete', 'wsfleet', '--all']);
});

/** Starts an operator for all namespaces, whose installation names only the namespace of the harness. */
const start = (...[count, visioOnEvery, more]: Parameters<typeof fleetOf>) =>
  ClusterHarness.start(fleetOf(count, visioOnEvery, more), [], [], {
    cluster,
    allNamespaces: true,
    ambientFleet: true,
  });

test('policies without a fleet change nothing unless the installation names their namespace', async () => {
  await using harness = await start(4, 2);
  const other = `${harness.namespace}-other`;
  await cluster.kubectl(['create', 'namespace', other]);
  const manifest = {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceApplicationPolicy',
    metadata: { name: 'no-office', namespace: other },
    spec: {
      enforcement: 'Enforce',
      workspaceSelector: { all: true },
      applications: { denied: [{ id: OFFICE }] },
      safeguards: { maxAffectedWorkspaces: '100%' },
    },
  };
  await cluster.kubectl(['apply', '-f', '-'], stringify(manifest));
  await harness.apply('no-visio');

  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  const path = '-o=jsonpath={.status.conditions[?(@.type=="Stalled")].reason}';
  await eventuallyReported(async () =>
    expect(await cluster.kubectl(['get', 'wsap', '-n', other, 'no-office', path])).toBe('RefNotPermitted'),
  );
  expect(harness.changes().filter((change) => change.includes(OFFICE))).toEqual([]);
  expect([...harness.statesOf(OFFICE).values()]).toEqual(Array(4).fill('COMPLETED'));
});

test('the first WorkspaceFleet stops a rollout of the ambient fleet, which neither a restart nor its deletion resumes', async () => {
  await using harness = await start(6, 1);
  await harness.apply('no-visio', { interval: '5s', rollout: { maxFailures: '100%' } });
  await eventually(() => expect(harness.changes()).not.toEqual([]));
  // Longer than the creation of the fleet takes.
  const { faults } = harness.simulator;
  faults.add({ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 15_000 });

  await harness.applyFleet('first');
  const stalled = await harness.waitForCondition('no-visio', 'Stalled', 'True', 'FleetNotFound');
  expect(stalled.status?.conditions?.[0]?.message).toContain('create the WorkspaceFleet default, or set spec.fleetRef');
  // The status keeps what is known of the changes that were begun.
  expect(stalled.status?.associations).not.toEqual([]);
  const made = harness.changes();
  expect(made.length).toBeLessThan(12);
  faults.clear();

  await cluster.kubectl(['delete', 'wsfleet', harness.fleetName('first')]);
  await harness.operator.stop();
  harness.operator.start();
  await harness.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=1');
  await eventuallyReported(async () =>
    expect((await harness.policy('no-visio')).status?.lastHandledReconcileAt).toBe('1'),
  );
  await harness.waitForCondition('no-visio', 'Stalled', 'True', 'FleetNotFound');
  expect(harness.changes()).toEqual(made);
});

test('a policy that lost the ambient fleet still protects what it allows, and continues in the fleet that it names next', async () => {
  await using harness = await start(4, 2);
  await harness.apply('allowing', { applications: { allowed: [{ id: OFFICE }], denied: [{ id: VISIO }] } });
  await harness.waitForCondition('allowing', 'Compliant', 'True');

  await harness.applyFleet('first', { expectedAccountID: '123456789012' });
  await harness.waitForCondition('allowing', 'Stalled', 'True', 'FleetNotFound');
  // A restart ends the five minutes of protection of a policy that no fleet serves.
  await harness.operator.stop();
  harness.operator.start();
  const first = { fleetRef: { name: harness.fleetName('first') } };
  await harness.apply('strict', {
    ...first,
    applications: { denied: [{ id: VISIO }], unlisted: 'Disassociate' },
    interval: '5s',
  });
  const strict = await harness.waitForCondition('strict', 'Compliant', 'True');
  expect(strict.status?.compliance?.selected).toBe(4);
  expect(harness.changes().filter((change) => change.includes(OFFICE))).toEqual([]);

  await harness.apply('allowing', { ...first, applications: { allowed: [{ id: OFFICE }], denied: [{ id: VISIO }] } });
  const { status } = await harness.waitForCondition('allowing', 'Compliant', 'True');
  expect(status?.recentRemovals?.map(({ applicationID }) => applicationID)).toEqual([VISIO, VISIO]);
  expect(status?.fleet?.name).toBe(harness.fleetName('first'));
});

test('the operator’s own AWS settings do not change another account after a restart', async () => {
  await using harness = await start(4, 2);
  const simulator = await startSimulator({ seed: seedFrom(fleetOf(4, 1, { accountID: '222222222222' })) });
  await using _closing = { [Symbol.asyncDispose]: () => simulator.close() };
  await harness.apply('no-visio', { interval: '5s' });
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  await harness.operator.stop();
  // The statuses of the policies contain the account, too.
  await harness.kubectl('delete', 'lease', 'wsap.ambient');

  const flags = ['--ambient-fleet-namespaces', harness.namespace, '--lease-namespace', harness.namespace];
  const { kubeconfigPath } = cluster;
  const options = { namespace: undefined, endpoint: simulator.url, flags, kubeconfigPath };
  await using _operator = new OperatorProcess(options).start();
  const { status } = await harness.waitForCondition('no-visio', 'Stalled', 'True', 'FleetNotReady');
  expect(status?.conditions?.[0]?.message).toContain(
    'to accept the account, create the WorkspaceFleet default with spec.expectedAccountID 222222222222',
  );
  expect(simulator.calls.list()).toEqual([]);
});

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';
import { OperatorProcess } from './operatorProcess.ts';

/** Control plane of this file, because its operators watch all namespaces. */
let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await startControlPlane({ crdPaths: [join(import.meta.dirname, '../../crds')] });
});
afterAll(() => cluster.stop());

/** Returns the body of the readiness probe and its status. */
async function readinessOf(operator: OperatorProcess): Promise<string> {
  const response = await operator.get('/readyz');
  return `${response.status} ${await response.text()}`;
}

/** Waits until the operator says in its readiness probe that it stands by for another one. */
function waitForStandby(operator: OperatorProcess, by: RegExp): Promise<void> {
  return eventuallyReported(async () => {
    const text = await readinessOf(operator);
    expect(text).toMatch(/^503 /);
    expect(text).toMatch(by);
  });
}

test('an operator in another namespace stands by and says who acts, until the first one stops', {
  timeout: 300_000,
}, async () => {
  // Each removal takes a while, so that the second operator would make some of the changes.
  const faults = [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 1_000 } as const];
  await using harness = await ClusterHarness.start(fleetOf(8, 1, { faults }), [], [], { cluster, allNamespaces: true });
  const { kubeconfigPath } = cluster;
  const { namespace, simulator } = harness;
  await eventuallyReported(async () => expect(await readinessOf(harness.operator)).toBe('200 ok'));
  const other = (watched: string | undefined, leaseNamespace: string) =>
    new OperatorProcess({
      namespace: watched,
      endpoint: simulator.url,
      kubeconfigPath,
      flags: ['--lease-namespace', leaseNamespace],
    }).start();
  await using second = other(undefined, namespace);
  await using overlapping = other(namespace, 'kube-public');
  await harness.apply('no-visio', { rollout: { maxFailures: '100%' } });

  const acting =
    /standing by, because the operator in namespace default \(\S+\) manages the policies of all namespaces; /;
  await waitForStandby(second, acting);
  await waitForStandby(overlapping, acting);
  await eventually(() => expect(second.log).toContain('"actingOperator":{"namespace":"default","identity":"'));
  const metrics = await (await second.get('/metrics')).text();
  expect(metrics).toMatch(/^wsap_operator_standby 1$/m);
  expect(metrics).toMatch(/^wsap_acting_operator_info\{operator_namespace="default",operator_identity="\S+"\} 1$/m);
  await eventually(() => expect(harness.changes().length).toBeGreaterThan(2));
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  const once = [...harness.statesOf(VISIO).keys()].flatMap((id) => [`Disassociate ${id} ${VISIO}`, `Deploy ${id}`]);
  expect(harness.changes().sort()).toEqual(once.sort());
  expect(second.log).not.toContain('change made');

  // The operator for one namespace ends, so that the other one takes over.
  await overlapping.stop();
  expect(await harness.operator.stop()).toBe(0);
  await eventuallyReported(async () => expect(await readinessOf(second)).toBe('200 ok'));
  await eventually(() =>
    expect(second.log).toContain('taking over, because no other operator manages the same policies'),
  );
  await harness.installAgain(VISIO);
  await harness.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=1');
  await eventually(() => expect(harness.changes().length).toBeGreaterThanOrEqual(once.length + 8));

  // A replica of the installation shares its claim, and an operator for another namespace doesn't act beside it.
  await using replica = other(undefined, namespace);
  await using elsewhere = other('default', 'kube-public');
  await eventuallyReported(async () => expect(await readinessOf(replica)).toBe('200 ok'));
  await waitForStandby(elsewhere, new RegExp(`the operator in namespace ${namespace} `));
  await second.kill();
  await replica.kill();
  await eventuallyReported(async () => expect(await readinessOf(elsewhere)).toBe('200 ok'));
});

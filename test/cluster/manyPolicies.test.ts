import { expect, test } from 'vitest';
import { conditionOf } from '../../src/cli/actions/policies.ts';
import { PATCH } from '../../src/kube/apiClient.ts';
import { POLICIES, type PolicyObject } from '../../src/kube/resources.ts';
import { ClusterHarness, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

const COUNT = 100;
const NAMES = Array.from({ length: COUNT }, (_, n) => `of-user${String(n + 1).padStart(4, '0')}`);

/** Creates one policy in audit mode for each user. */
async function createAll(harness: ClusterHarness): Promise<void> {
  const create = (name: string) =>
    harness.createWithClient(name, {
      enforcement: 'Audit',
      workspaceSelector: { userNames: [name.replace('of-', '')] },
      applications: { denied: [{ id: VISIO }] },
      safeguards: { maxAffectedWorkspaces: '100%' },
    });
  await Promise.all(NAMES.map(create));
}

async function editAll({ client, namespace }: ClusterHarness, spec: object): Promise<void> {
  const edit = (name: string) =>
    client.request({ verb: 'patch', resource: POLICIES, namespace, name, contentType: PATCH.merge, body: { spec } });
  await Promise.all(NAMES.map(edit));
}

/** Waits until a condition of all policies has this status for the current generation. */
async function waitForAll({ client, namespace }: ClusterHarness, type: string, status: string): Promise<void> {
  await eventuallyReported(async () => {
    const { items } = await client.request<{ items: PolicyObject[] }>({ verb: 'list', resource: POLICIES, namespace });
    const reported = items.filter((policy) => {
      const condition = conditionOf(policy.status, type);
      return condition?.status === status && condition.observedGeneration === policy.metadata.generation;
    });
    expect(reported).toHaveLength(COUNT);
  }, 1_000);
}

test(`${COUNT} policies that are edited at the same time, and again during the rollout, make each change once`, async () => {
  await using harness = await ClusterHarness.start(fleetOf(COUNT, 1));
  await createAll(harness);
  await waitForAll(harness, 'Compliant', 'False');
  expect(harness.changes()).toEqual([]);

  await editAll(harness, { enforcement: 'Enforce' });
  await eventuallyReported(async () => expect(harness.changes().length).toBeGreaterThan(COUNT / 4), 50);
  await editAll(harness, { priority: 7 });
  await waitForAll(harness, 'Compliant', 'True');
  const once = harness.simulator.simulated.workspaces.flatMap(({ workspaceID }) => [
    `Disassociate ${workspaceID} ${VISIO}`,
    `Deploy ${workspaceID}`,
  ]);
  expect(harness.changes().sort()).toEqual(once.sort());
});

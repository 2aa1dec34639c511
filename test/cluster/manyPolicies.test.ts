import { expect, test } from 'vitest';
import { conditionOf } from '../../src/cli/policies.ts';
import { PATCH } from '../../src/kube/apiClient.ts';
import { POLICIES, type PolicyObject } from '../../src/operator/resources.ts';
import { fleetOf, Scene, untilTold, VISIO } from './scene.ts';

const COUNT = 100;
const NAMES = Array.from({ length: COUNT }, (_, n) => `of-user${String(n + 1).padStart(4, '0')}`);

/** A policy about each user, which only reports until it is edited. */
async function createAll({ client, namespace }: Scene): Promise<void> {
  const create = (name: string) =>
    client.request({
      verb: 'create',
      resource: POLICIES,
      namespace,
      body: {
        apiVersion: 'wsap.dev/v1alpha1',
        kind: 'WorkspaceApplicationPolicy',
        metadata: { name },
        spec: {
          enforcement: 'Audit',
          workspaceSelector: { userNames: [name.replace('of-', '')] },
          applications: { denied: [{ id: VISIO }] },
          safeguards: { maxAffectedWorkspaces: '100%' },
        },
      },
    });
  await Promise.all(NAMES.map(create));
}

async function editAll({ client, namespace }: Scene, spec: object): Promise<void> {
  const edit = (name: string) =>
    client.request({ verb: 'patch', resource: POLICIES, namespace, name, contentType: PATCH.merge, body: { spec } });
  await Promise.all(NAMES.map(edit));
}

/** Waits until all policies say this of their last version. */
async function untilAll({ client, namespace }: Scene, type: string, status: string): Promise<void> {
  await untilTold(async () => {
    const { items } = await client.request<{ items: PolicyObject[] }>({ verb: 'list', resource: POLICIES, namespace });
    const told = items.filter((policy) => {
      const condition = conditionOf(policy.status, type);
      return condition?.status === status && condition.observedGeneration === policy.metadata.generation;
    });
    expect(told).toHaveLength(COUNT);
  }, 1_000);
}

test(`${COUNT} policies that are edited at once, and once more midway, are each carried out once`, async () => {
  await using scene = await Scene.begin(fleetOf(COUNT, 1));
  await createAll(scene);
  await untilAll(scene, 'Compliant', 'False');
  expect(scene.changes()).toEqual([]);

  await editAll(scene, { enforcement: 'Enforce' });
  await untilTold(async () => expect(scene.changes().length).toBeGreaterThan(COUNT / 4), 50);
  await editAll(scene, { priority: 7 });
  await untilAll(scene, 'Compliant', 'True');
  const once = scene.simulator.simulated.workspaces.flatMap(({ workspaceID }) => [
    `Disassociate ${workspaceID} ${VISIO}`,
    `Deploy ${workspaceID}`,
  ]);
  expect(scene.changes().sort()).toEqual(once.sort());
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { conditionOf } from '../../src/cli/actions/policies.ts';
import { POLICIES, type PolicyObject } from '../../src/kube/resources.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import { fleetOf } from '../cluster/clusterHarness.ts';
import type { Container } from './container.ts';
import { mebibytes, printFigure } from './figures.ts';
import { ImageHarness } from './imageHarness.ts';
import { waitUntil } from './waiting.ts';

const WORKSPACES = 1_000;
const NAMESPACE = 'desktops';

let harness: ImageHarness;
let operator: Container;
beforeAll(async () => {
  harness = await ImageHarness.start(seedFrom(fleetOf(WORKSPACES, 10)));
  operator = (await harness.startReadyPod()).container;
});
afterAll(() => harness?.[Symbol.asyncDispose]());

test('1,000 policies need less than half of the memory limit of the chart', async () => {
  await create('everyone', { all: true });
  await waitForReady(1);
  const one = operator.memory;

  const users = Array.from({ length: WORKSPACES }, (_, n) => `user${String(n + 1).padStart(4, '0')}`);
  for (let n = 0; n < users.length; n += 20) {
    await Promise.all(users.slice(n, n + 20).map((user) => create(`of-${user}`, { userNames: [user] })));
  }
  await waitForReady(WORKSPACES + 1);
  const all = operator.memory;
  for (const [name, { peak }] of [
    ['one policy', one],
    ['1,001 policies', all],
  ] as const) {
    printFigure(`memory with ${name} and 1,000 WorkSpaces`, `at most ${mebibytes(peak)}`);
  }
  expect(all.kills).toBe(0);
  expect(all.workingSet / all.limit).toBeLessThan(0.5);
  expect(await operator.probe('readinessProbe')).toBe(200);
  expect((await operator.stop()).code, operator.log).toBe(0);
});

async function create(name: string, workspaceSelector: object): Promise<void> {
  const applications = { denied: [{ name: 'Microsoft Visio*' }] };
  await harness.client.request({
    verb: 'create',
    resource: POLICIES,
    namespace: NAMESPACE,
    body: {
      apiVersion: 'wsap.dev/v1alpha1',
      kind: 'WorkspaceApplicationPolicy',
      metadata: { name },
      spec: { enforcement: 'Audit', workspaceSelector, applications },
    },
  });
}

/** Waits until this number of policies is ready. */
async function waitForReady(count: number): Promise<void> {
  await waitUntil(async () => {
    const list = { verb: 'list', resource: POLICIES, namespace: NAMESPACE } as const;
    const { items } = await harness.client.request<{ items: PolicyObject[] }>(list);
    const ready = items.filter(({ status }) => conditionOf(status, 'Ready')?.status === 'True');
    expect(ready, operator.log.slice(-2_000)).toHaveLength(count);
  }, 1_000);
}

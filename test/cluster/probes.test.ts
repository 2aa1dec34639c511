import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { POLICIES, type PolicyObject } from '../../src/kube/resources.ts';
import { ClusterHarness, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

const WORKSPACES = 10_000;
const OTHERS = 60;
const PATTERNS = 100;
/** Timeout of the livenessProbe in deploy/ (ms). */
const PROBE_TIMEOUT_MS = 1_000;
const PROBE_INTERVAL_MS = 100;
const REPORTER = pathToFileURL(join(import.meta.dirname, 'stretchReporter.ts')).href;

/** Returns the patterns of a policy: prefixes, suffixes, and patterns that no index contains. */
function patternsOf(n: number): string[] {
  return Array.from({ length: PATTERNS }, (_, k) => [`user${n}${k}*`, `*${n}${k}`, `*r*${n % 10}?${k}*`][k % 3] ?? '');
}

async function createOthers(harness: ClusterHarness): Promise<void> {
  const create = (n: number) =>
    harness.createWithClient(`other-${n}`, {
      enforcement: 'Audit',
      workspaceSelector: { userNames: patternsOf(n) },
      applications: { allowed: [{ id: VISIO }] },
    });
  await Promise.all(Array.from({ length: OTHERS }, (_, n) => create(n)));
}

/** Sends probes until the signal is aborted. Returns the statuses. Rejects if a probe gets no response. */
async function probeUntil({ operator }: ClusterHarness, signal: AbortSignal): Promise<number[]> {
  const statuses: number[] = [];
  while (!signal.aborted) {
    const response = await operator.get('/livez');
    await response.text();
    statuses.push(response.status);
    await sleep(PROBE_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
  return statuses;
}

/** Waits until all policies have a current status. */
async function waitForAll({ client, namespace }: ClusterHarness): Promise<void> {
  await eventuallyReported(async () => {
    const { items } = await client.request<{ items: PolicyObject[] }>({ verb: 'list', resource: POLICIES, namespace });
    const ready = items.filter(({ metadata, status }) =>
      status?.conditions?.some(
        (one) => one.type === 'Ready' && one.status === 'True' && one.observedGeneration === metadata.generation,
      ),
    );
    expect(ready).toHaveLength(OTHERS + 1);
  }, 1_000);
}

test('a policy for 10,000 WorkSpaces beside 60 policies with 100 patterns each delays no probe by a second', async () => {
  const fleet = fleetOf(WORKSPACES, 10);
  await using harness = await ClusterHarness.start(fleet, [], [], {
    operatorEnv: { NODE_OPTIONS: `--import=${REPORTER}` },
  });
  await eventuallyReported(async () => expect((await harness.operator.get('/livez')).status).toBe(200));
  // Loading the sources is one stretch. No probe is answered before it.
  const loaded = harness.operator.log.length;
  const probing = new AbortController();
  const probes = probeUntil(harness, probing.signal);

  await createOthers(harness);
  await harness.apply('everyone', { enforcement: 'Audit' });
  await waitForAll(harness);
  expect((await harness.policy('everyone')).status?.compliance?.selected).toBe(WORKSPACES);
  // Every pattern is evaluated again, because the edit concerns all WorkSpaces.
  await harness.apply('everyone', { enforcement: 'Audit', priority: 7 });
  await waitForAll(harness);

  probing.abort();
  const statuses = await probes;
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(statuses.length).toBeGreaterThan(10);
  // In CPU time of the event loop, because a busy machine delays responses of an idle process, too.
  const stretches = harness.operator.log.slice(loaded).matchAll(/^stretch: (\S+)$/gm);
  const milliseconds = [...stretches].map(([, ms]) => Number(ms));
  expect(milliseconds.length).toBeGreaterThan(0);
  expect(Math.max(...milliseconds)).toBeLessThan(PROBE_TIMEOUT_MS / 2);
});

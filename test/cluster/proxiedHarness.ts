import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { AdministeredCluster } from '../environment/pod.ts';
import { ApiServerProxy } from './apiServerProxy.ts';
import { ClusterHarness, fleetOf, VISIO } from './clusterHarness.ts';

/** Duration of the tests' leases. An operator that can't renew its leases makes no change after this time. */
export const LEASE_DURATION_MS = 6_000;
/** Maximum number of warnings and errors per minute of a failure. */
const MAX_WARNINGS_PER_MINUTE = 6;

const disassociationsTake = (delayMs: number) =>
  ({ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs }) as const;
/** Slow enough for a failure to occur during the removal. */
const SLOW = disassociationsTake(250);
/** So slow that the removal doesn't end before the operator makes no more changes, even if that takes a minute. */
const VERY_SLOW = disassociationsTake(2_000);

/** Returns a fleet in which every WorkSpace has Visio. Its calls are slow. */
export function slowFleet(workspaces: number) {
  return fleetOf(workspaces, 1, { faults: [SLOW] });
}

/** Does some work during which the removal can't end, because the calls are even slower. */
export async function duringRemoval({ simulator }: ClusterHarness, work: () => Promise<void>): Promise<void> {
  simulator.faults.replace([VERY_SLOW]);
  await work();
  simulator.faults.replace([SLOW]);
}

/** Returns the changes that remove Visio from each WorkSpace exactly once. */
export function expectedChanges({ simulator }: ClusterHarness): string[] {
  return simulator.simulated.workspaces
    .flatMap(({ workspaceID }) => [`Disassociate ${workspaceID} ${VISIO}`, `Deploy ${workspaceID}`])
    .sort();
}

/** Returns the time of the last change, in milliseconds since the epoch. */
export function lastChangeAt({ simulator }: ClusterHarness): number {
  const changes = simulator.calls.list().filter(({ operation }) => /^(Disassociate|Associate|Deploy)/.test(operation));
  return Math.max(...changes.map(({ time }) => Date.parse(time)));
}

/** Returns the warnings and errors in the operator's log. */
export function warningsOf({ operator }: ClusterHarness): string[] {
  return operator.log.split('\n').filter((line) => /^\{"level":"(warn|error|fatal)"/.test(line));
}

/**
 * Checks that the log stays readable: a limited number of warnings for each minute of a failure. On a busy machine, a
 * failure can take longer than `atLeast` minutes.
 */
export function expectFewWarnings(harness: ClusterHarness, atLeast: number): void {
  const lines = warningsOf(harness);
  const minutes = Math.max(atLeast, Math.ceil((performance.now() - harness.startedAt) / 60_000));
  expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(MAX_WARNINGS_PER_MINUTE * minutes);
}

/** Checks that the operator runs and never restarted. */
async function expectNoRestart({ operator }: ClusterHarness): Promise<void> {
  expect(operator.log.split('"msg":"operator started"')).toHaveLength(2);
  expect((await operator.get('/livez')).status).toBe(200);
}

export async function expectConverged(harness: ClusterHarness): Promise<void> {
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  expect(harness.changes().sort()).toEqual(expectedChanges(harness));
  await expectNoRestart(harness);
}

/** Checks that probes succeed during some work. */
export async function whileHealthy<T>({ operator }: ClusterHarness, work: Promise<T>): Promise<T> {
  const done = work.then(() => true);
  while (!(await Promise.race([done, sleep(500)]))) {
    for (const probe of ['/livez', '/readyz']) {
      const answer = await operator.get(probe);
      expect(await answer.text()).toBe('ok');
    }
  }
  return work;
}

/** Harness whose operator reaches the API server only through a proxy. */
export class ProxiedHarness implements AsyncDisposable {
  readonly proxy: ApiServerProxy;
  readonly harness: ClusterHarness;
  readonly #folder: string;

  private constructor(proxy: ApiServerProxy, folder: string, harness: ClusterHarness) {
    this.proxy = proxy;
    this.#folder = folder;
    this.harness = harness;
  }

  static async start(
    cluster: AdministeredCluster,
    workspaces: number,
    flags: readonly string[] = [],
  ): Promise<ProxiedHarness> {
    const { port } = new URL(/server: (\S+)/.exec(cluster.kubeconfig)?.[1] ?? '');
    const proxy = await ApiServerProxy.open(Number(port));
    const folder = await mkdtemp(join(tmpdir(), 'wsap-proxied-'));
    const path = join(folder, 'kubeconfig');
    await writeFile(path, cluster.kubeconfig.replace(`:${port}`, `:${proxy.port}`));
    const options = { cluster, operatorKubeconfigPath: path };
    return new ProxiedHarness(proxy, folder, await ClusterHarness.start(slowFleet(workspaces), flags, [], options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

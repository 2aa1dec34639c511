import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { AdministeredCluster } from '../environment/pod.ts';
import { ApiServerProxy } from './apiServerProxy.ts';
import { ClusterHarness, fleetOf, VISIO } from './clusterHarness.ts';

/** Renew deadline of the tests' leases (4 s), plus 1 s for a change that is in flight. */
export const RENEW_DEADLINE_MS = 5_000;
/** Maximum number of warnings and errors per minute of a failure. */
const MAX_WARNINGS_PER_MINUTE = 6;

/**
 * Returns a fleet in which every WorkSpace has Visio. Its calls are slow enough for a failure to occur during the
 * removal.
 */
export function slowFleet(workspaces: number) {
  return fleetOf(workspaces, 1, {
    faults: [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 250 }],
  });
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
  return Date.parse(changes.at(-1)?.time ?? '');
}

/** Returns the warnings and errors in the operator's log. */
export function warningsOf({ operator }: ClusterHarness): string[] {
  return operator.log.split('\n').filter((line) => /^\{"level":"(warn|error|fatal)"/.test(line));
}

/** Checks that the log stays readable: a limited number of warnings for each minute of a failure. */
export function expectFewWarnings(harness: ClusterHarness, minutes: number): void {
  const lines = warningsOf(harness);
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

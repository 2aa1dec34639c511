import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { AdministeredCluster } from '../environment/pod.ts';
import { ApiServerProxy } from './apiServerProxy.ts';
import { ClusterHarness, fleetOf, VISIO } from './clusterHarness.ts';

/** Of tests' leases, 4 s, in milliseconds. A change that was begun before takes a moment. */
export const RENEW_DEADLINE = 5_000;
/** Lines that tell that something is wrong, a minute. */
const FEW = 6;

/** WorkSpaces that all have Visio, from which it is taken slowly enough for something to happen meanwhile. */
export function slowFleet(workspaces: number) {
  return fleetOf(workspaces, 1, {
    faults: [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 250 }],
  });
}

/** What takes Visio from each WorkSpace, once. */
export function everyChangeOnce({ simulator }: ClusterHarness): string[] {
  return simulator.simulated.workspaces
    .flatMap(({ workspaceID }) => [`Disassociate ${workspaceID} ${VISIO}`, `Deploy ${workspaceID}`])
    .sort();
}

/** When the last change was made, in milliseconds since 1970. */
export function lastChangeAt({ simulator }: ClusterHarness): number {
  const changes = simulator.calls.list().filter(({ operation }) => /^(Disassociate|Associate|Deploy)/.test(operation));
  return Date.parse(changes.at(-1)?.time ?? '');
}

/** What the operator has logged that isn't as it should be. */
export function complaints({ operator }: ClusterHarness): string[] {
  return operator.log.split('\n').filter((line) => /^\{"level":"(warn|error|fatal)"/.test(line));
}

/** A person can read them: so many lines for each minute that it took, and each trouble. */
export function expectFewComplaints(harness: ClusterHarness, minutes: number): void {
  const lines = complaints(harness);
  expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(FEW * minutes);
}

/** It lives, and always has. */
async function expectOneLife({ operator }: ClusterHarness): Promise<void> {
  expect(operator.log.split('"msg":"operator started"')).toHaveLength(2);
  expect((await operator.get('/livez')).status).toBe(200);
}

export async function expectDone(harness: ClusterHarness): Promise<void> {
  await harness.untilCondition('no-visio', 'Compliant', 'True');
  expect(harness.changes().sort()).toEqual(everyChangeOnce(harness));
  await expectOneLife(harness);
}

/** Probes answer as they should throughout some work. */
export async function alive<T>({ operator }: ClusterHarness, work: Promise<T>): Promise<T> {
  const done = work.then(() => true);
  while (!(await Promise.race([done, sleep(500)]))) {
    for (const probe of ['/livez', '/readyz']) {
      const answer = await operator.get(probe);
      expect(await answer.text()).toBe('ok');
    }
  }
  return work;
}

/** An operator to which the API server is at the other end of a network of ours. */
export class Remote implements AsyncDisposable {
  readonly proxy: ApiServerProxy;
  readonly harness: ClusterHarness;
  readonly #folder: string;

  private constructor(proxy: ApiServerProxy, folder: string, harness: ClusterHarness) {
    this.proxy = proxy;
    this.#folder = folder;
    this.harness = harness;
  }

  static async begin(cluster: AdministeredCluster, workspaces: number, flags: readonly string[] = []): Promise<Remote> {
    const { port } = new URL(/server: (\S+)/.exec(cluster.kubeconfig)?.[1] ?? '');
    const proxy = await ApiServerProxy.open(Number(port));
    const folder = await mkdtemp(join(tmpdir(), 'wsap-remote-'));
    const path = join(folder, 'kubeconfig');
    await writeFile(path, cluster.kubeconfig.replace(`:${port}`, `:${proxy.port}`));
    const options = { cluster, operatorKubeconfigPath: path };
    return new Remote(proxy, folder, await ClusterHarness.begin(slowFleet(workspaces), flags, [], options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.harness[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { seedFrom } from '../../src/simulator/seed.ts';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { Pod } from '../environment/pod.ts';
import { bundleInto, cpuSeconds, MeasuredOperator, memoryOf } from './measuredOperator.ts';

export interface OperatorLoad {
  readonly workspaces: number;
  readonly policies: number;
  /** WorkSpaces that each policy selects: all, or those of one user. */
  readonly selection: 'all' | 'one user';
}

/** Cost of an idle operator process. */
export interface OperatorCost extends OperatorLoad {
  /** Percentage of one core, with the scrapes and probes of deploy/. */
  readonly idleCpu: number;
  /** Resident memory at the end, in MiB. */
  readonly memory: number;
  /** Maximum resident memory, in MiB. */
  readonly peakMemory: number;
}

const ROOT = join(import.meta.dirname, '../..');
/** Duration of the measurement (ms). Every policy is reconciled once within it. */
const IDLE_MS = 120_000;
const SETTLE_MS = 30_000;

/** Measures the bundled operator as a separate pod, with a real API server and a simulated fleet. Linux only. */
export async function measureOperator(load: OperatorLoad, nodeFlags: readonly string[] = []): Promise<OperatorCost> {
  await using cleaning = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'wsap-bench-'));
  cleaning.defer(() => rm(folder, { recursive: true }));
  const program = await bundleInto(join(folder, 'bundle'));
  const cluster = cleaning.use(await startControlPlane({ crdPaths: [join(ROOT, 'crds')] }));
  const aws = await startSimulator({ seed: seedFrom(fleetOf(load.workspaces)) });
  cleaning.defer(() => aws.close());
  await cluster.kubectl(['create', '-f', '-'], policiesOf(load));

  const pod = cleaning.use(await Pod.create(cluster));
  const command = pod.command([process.execPath, ...nodeFlags, program, 'operator']);
  const operator = cleaning.use(new MeasuredOperator(command, aws.url));
  await operator.unlessItExits(waitUntilReady(cluster, load.policies));
  operator.startProbes();
  await operator.unlessItExits(sleep(SETTLE_MS));
  const before = await cpuSeconds(operator.pid);
  await operator.unlessItExits(sleep(IDLE_MS));
  const idleCpu = ((await cpuSeconds(operator.pid)) - before) / (IDLE_MS / 1000);
  return { ...load, idleCpu: 100 * idleCpu, ...(await memoryOf(operator.pid)) };
}

function fleetOf(count: number): SeedDocument {
  return {
    rateLimit: { callsPerSecond: 0 },
    applications: [
      { applicationID: 'wsa-visio2021', name: 'Microsoft Visio LTSC Professional 2021' },
      { applicationID: 'wsa-office2021', name: 'Microsoft Office LTSC Professional Plus 2021' },
    ],
    generate: [{ count, idPrefix: 'bench', userPrefix: 'user', applications: ['wsa-office2021'] }],
  };
}

function policiesOf({ policies, selection }: OperatorLoad): string {
  const manifests = Array.from({ length: policies }, (_, n) =>
    stringify({
      apiVersion: 'wsap.dev/v1alpha1',
      kind: 'WorkspaceApplicationPolicy',
      metadata: { name: `policy-${n}`, namespace: 'default' },
      spec: {
        enforcement: 'Enforce',
        interval: `${IDLE_MS / 1000}s`,
        workspaceSelector: selection === 'all' ? { all: true } : { userNames: [`user${n}`] },
        applications: { denied: [{ name: 'Microsoft Visio*' }] },
      },
    }),
  );
  return manifests.join('---\n');
}

async function waitUntilReady(cluster: ControlPlane, policies: number): Promise<void> {
  const path = '{.items[*].status.conditions[?(@.type=="Ready")].status}';
  for (let ready = 0; ready < policies; await sleep(2_000)) {
    const text = await cluster.kubectl(['get', 'wsap', '-A', `-o=jsonpath=${path}`]);
    ready = text.split(' ').filter((status) => status === 'True').length;
  }
}

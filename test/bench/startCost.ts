import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { seedFrom } from '../../src/simulator/seed.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { type Command, Pod } from '../environment/pod.ts';
import { bundleInto, cpuSeconds, MeasuredOperator, memoryOf } from './measuredOperator.ts';

/** Cost of the start of an operator and of its first pass. Times are CPU times in milliseconds, memory is in MiB. */
export interface StartCost {
  /** Access to the API server. */
  readonly access: 'pod' | 'kubeconfig';
  /** CPU time until all resources are watched. */
  readonly watching: number;
  /** CPU time of `node --eval 0`. */
  readonly node: number;
  readonly ratio: number;
  /** Resident memory before the first policy. */
  readonly memory: number;
  readonly workspaces: number;
  /** Maximum resident memory until the first policy, which needs all associations, is reconciled. */
  readonly passMemory: number;
}

const ROOT = join(import.meta.dirname, '../..');
/** Time after which the memory of a started operator no longer changes (ms). */
const SETTLE_MS = 5_000;
const APPLICATIONS = ['wsa-application0', 'wsa-application1', 'wsa-application2'];

/**
 * Measures the bundled operator with a real API server and a simulated fleet in which each WorkSpace has three
 * applications. Linux only.
 */
export async function measureStart(access: StartCost['access'], workspaces = 10_000): Promise<StartCost> {
  await using cleaning = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'wsap-bench-'));
  cleaning.defer(() => rm(folder, { recursive: true }));
  const program = await bundleInto(join(folder, 'bundle'));
  const cluster = cleaning.use(await startControlPlane({ crdPaths: [join(ROOT, 'crds')] }));
  const aws = await startSimulator({ seed: seedFrom(fleetOf(workspaces)) });
  cleaning.defer(() => aws.close());

  const args = [process.execPath, program, 'operator'] as const;
  const command =
    access === 'pod' ? cleaning.use(await Pod.create(cluster)).command(args) : await outsideOf(cluster, folder, args);
  const node = await cpuOfNode();
  const operator = cleaning.use(new MeasuredOperator(command, aws.url));
  await operator.watching();
  const watching = 1000 * (await cpuSeconds(operator.pid));
  await operator.unlessItExits(sleep(SETTLE_MS));
  const { memory } = await memoryOf(operator.pid);
  await cluster.kubectl(['create', '-f', '-'], stringify(POLICY));
  await operator.unlessItExits(waitUntilCounted(cluster, workspaces));
  const { peakMemory } = await memoryOf(operator.pid);
  return { access, watching, node, ratio: watching / node, memory, workspaces, passMemory: peakMemory };
}

/** Measures `wsap --version` of the bundle, in seconds of CPU time. */
export async function measureVersion() {
  await using cleaning = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'wsap-bench-'));
  cleaning.defer(() => rm(folder, { recursive: true }));
  const program = await bundleInto(join(folder, 'bundle'));
  const report =
    'process.on("exit", () => { const { user, system } = process.cpuUsage(); console.error(user + system); })';
  const args = ['--import', `data:text/javascript,${report}`, program, '--version'];
  const { stderr } = await promisify(execFile)(process.execPath, args);
  return { seconds: Number(stderr) / 1e6 };
}

/** Policy that needs all WorkSpaces and associations. */
const POLICY = {
  apiVersion: 'wsap.dev/v1alpha1',
  kind: 'WorkspaceApplicationPolicy',
  metadata: { name: 'everything', namespace: 'default' },
  spec: {
    enforcement: 'Audit',
    workspaceSelector: { all: true },
    applications: { allowed: [{ id: APPLICATIONS[0] }], unlisted: 'Disassociate' },
  },
};

function fleetOf(count: number) {
  return {
    rateLimit: { callsPerSecond: 0 },
    applications: APPLICATIONS.map((applicationID) => ({ applicationID, name: applicationID })),
    generate: [{ count, idPrefix: 'bench', userPrefix: 'user', applications: APPLICATIONS }],
  };
}

/** Returns a command that runs with the kubeconfig of the administrator. */
async function outsideOf(
  { kubeconfig }: ControlPlane,
  folder: string,
  [file, ...args]: readonly [string, ...string[]],
): Promise<Command> {
  const path = join(folder, 'kubeconfig');
  await writeFile(path, kubeconfig);
  return { file, args, env: { KUBECONFIG: path } };
}

/** Returns the CPU time of the start of Node.js in milliseconds. */
async function cpuOfNode(): Promise<number> {
  const script = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)';
  return Number((await promisify(execFile)(process.execPath, ['--eval', script])).stdout);
}

async function waitUntilCounted(cluster: ControlPlane, workspaces: number): Promise<void> {
  const path = '{.items[0].status.compliance.selected}';
  while (Number(await cluster.kubectl(['get', 'wsap', '-n', 'default', `-o=jsonpath=${path}`])) !== workspaces) {
    await sleep(1_000);
  }
}

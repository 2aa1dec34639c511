import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { seedFrom } from '../../src/simulator/seed.ts';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { type Command, Pod } from '../environment/pod.ts';

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
  /** Resident memory at the end, in MB. */
  readonly memory: number;
  /** Maximum resident memory, in MB. */
  readonly peakMemory: number;
}

const ROOT = join(import.meta.dirname, '../..');
/** Duration of the measurement (ms). Every policy is reconciled once within it. */
const IDLE_MS = 120_000;
const SETTLE_MS = 30_000;
/** Paths and intervals of the probes and scrapes of deploy/ (ms). */
const PROBES = { '/livez': 20_000, '/readyz': 5_000 };
const SCRAPES = { '/metrics': 30_000 };
/** Unit in which the kernel reports CPU time to programs. */
const TICKS_PER_SECOND = 100;

/** Measures the compiled operator as a separate pod, with a real API server and a simulated fleet. Linux only. */
export async function measureOperator(load: OperatorLoad, nodeFlags: readonly string[] = []): Promise<OperatorCost> {
  await using cleaning = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'wsap-bench-'));
  cleaning.defer(() => rm(folder, { recursive: true }));
  const program = await compileInto(folder);
  const cluster = cleaning.use(await startControlPlane({ crdPaths: [join(ROOT, 'crds')] }));
  const aws = await startSimulator({ seed: seedFrom(fleetOf(load.workspaces)) });
  cleaning.defer(() => aws.close());
  await cluster.kubectl(['create', '-f', '-'], policiesOf(load));

  const pod = cleaning.use(await Pod.create(cluster));
  const command = pod.command([process.execPath, ...nodeFlags, program, 'operator']);
  const operator = cleaning.use(new IdleOperator(command, aws.url));
  await operator.unlessItExits(waitUntilReady(cluster, load.policies));
  operator.startProbes();
  await operator.unlessItExits(sleep(SETTLE_MS));
  const before = await cpuSeconds(operator.pid);
  await operator.unlessItExits(sleep(IDLE_MS));
  const idleCpu = ((await cpuSeconds(operator.pid)) - before) / (IDLE_MS / 1000);
  return { ...load, idleCpu: 100 * idleCpu, ...(await memoryOf(operator.pid)) };
}

class IdleOperator implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<never>;
  readonly #stopping = new AbortController();
  #log = '';

  constructor({ file, args, env }: Command, awsUrl: string) {
    this.#child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...env,
        NODE_ENV: 'production',
        AWS_ENDPOINT_URL: awsUrl,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'simulated',
        AWS_SECRET_ACCESS_KEY: 'simulated',
        WSAP_AWS_REQUESTS_PER_SECOND: '200',
        WSAP_METRICS_BIND_ADDRESS: '127.0.0.1:0',
        WSAP_HEALTH_PROBE_BIND_ADDRESS: '127.0.0.1:0',
      },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    this.#exited = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the operator exited with ${code}:\n${this.#log}`);
    });
    this.#exited.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  unlessItExits<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#exited]);
  }

  /** Starts probes and scrapes, as a kubelet and Prometheus do. */
  startProbes(): void {
    for (const [what, pages] of Object.entries({ probes: PROBES, metrics: SCRAPES })) {
      const address = new RegExp(`"address":"([^"]+)","msg":"${what} served"`).exec(this.#log)?.[1];
      for (const [path, every] of Object.entries(pages)) {
        void this.#requestRepeatedly(`http://${address}${path}`, every);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#child.kill();
    await this.#exited.catch(() => {});
  }

  async #requestRepeatedly(url: string, every: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const response = await fetch(url);
      if (!response.ok) {
        throw new Error(`${url} responded with ${response.status}: ${await response.text()}`);
      }
      await response.text();
      await sleep(every, undefined, { signal }).catch(() => {});
    }
  }
}

/**
 * Compiles the operator, and returns the path of the program. Its dependencies and the CRDs are in the same places as
 * in the image.
 */
async function compileInto(folder: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  await promisify(execFile)(compiler, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')]);
  for (const path of ['package.json', 'crds']) {
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist/cli/main.js');
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

/** Returns the user and system time of a process in seconds (proc_pid_stat(5)). */
async function cpuSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Returns the resident memory of a process (proc_pid_status(5)). */
async function memoryOf(pid: number): Promise<Pick<OperatorCost, 'memory' | 'peakMemory'>> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
  return { memory: megabytes('VmRSS'), peakMemory: megabytes('VmHWM') };
}

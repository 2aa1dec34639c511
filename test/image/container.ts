import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from '../environment/lock.ts';
import { type MemoryUse, memoryOf } from './cgroup.ts';
import type { Pod, Probe } from './pod.ts';
import { type ContainerInput, runtimeSpec } from './runtimeSpec.ts';

/** State of runc. */
const STATE = '/run/wsap-containers';

export interface CommandResult {
  readonly code: number;
  /** Standard output and standard error. */
  readonly output: string;
}

/** A container of the image, which runs as the only container of a pod. */
export class Container implements AsyncDisposable {
  readonly #id: string;
  readonly #pod: Pod;
  readonly #folder: string;
  readonly #cgroup: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  log = '';

  private constructor(id: string, { pod, cgroup }: ContainerInput, folder: string) {
    this.#id = id;
    this.#pod = pod;
    this.#folder = folder;
    this.#cgroup = cgroup;
    this.#child = spawn('runc', ['--root', STATE, 'run', '--bundle', folder, id], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
      });
    }
  }

  /** Starts a container. `folder`: a folder for its files, which is deleted on disposal. */
  static async start(folder: string, input: Omit<ContainerInput, 'cgroup'>): Promise<Container> {
    const id = `wsap-${process.pid}-${randomUUID().slice(0, 8)}`;
    const complete = { ...input, cgroup: `/${id}` };
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'config.json'), JSON.stringify(runtimeSpec(complete)));
    return new Container(id, complete, folder);
  }

  /** Sends a probe of the pod like the kubelet. Returns the HTTP status. Rejects if nothing listens or it takes too long. */
  async probe(name: 'startupProbe' | 'livenessProbe' | 'readinessProbe'): Promise<number> {
    const probe: Probe | undefined = this.#pod.spec.containers[0][name];
    if (probe === undefined) {
      throw new Error(`the pod has no ${name}`);
    }
    const { path, port } = probe.httpGet;
    const signal = AbortSignal.timeout(probe.timeoutSeconds * 1000);
    const response = await fetch(this.url(port, path), { signal });
    await response.text();
    return response.status;
  }

  /** Returns the URL of a named port. */
  url(port: string, path: string): string {
    const found = this.#pod.spec.containers[0].ports?.find(({ name }) => name === port);
    return `http://127.0.0.1:${found?.containerPort}${path}`;
  }

  /** Runs a command in the container, like `kubectl exec`. */
  async exec(...command: string[]): Promise<CommandResult> {
    return runc('exec', this.#id, ...command);
  }

  /** Returns a field of /proc/PID/status of process 1, for example, `CapBnd`. */
  async processStatus(field: string): Promise<string> {
    const { pid } = JSON.parse((await runc('state', this.#id)).output);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  }

  get memory(): MemoryUse {
    return memoryOf(this.#cgroup);
  }

  /** Waits until the process exits. Returns its exit code. */
  async exitCode(): Promise<number> {
    const [code] = await this.#exited;
    return code as number;
  }

  /**
   * Stops the container like the kubelet: with SIGTERM and, after the grace period of the pod, with SIGKILL. Returns the exit code, and the
   * time until the exit in milliseconds.
   */
  async stop(): Promise<{ readonly code: number; readonly milliseconds: number }> {
    const started = performance.now();
    await runc('kill', this.#id, 'TERM');
    const timer = setTimeout(() => runc('kill', this.#id, 'KILL'), this.#pod.spec.terminationGracePeriodSeconds * 1000);
    const code = await this.exitCode();
    clearTimeout(timer);
    return { code, milliseconds: performance.now() - started };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      await runc('kill', this.#id, 'KILL');
      await this.#exited;
    }
    await runc('delete', '--force', this.#id);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Removes containers of test processes that were killed. */
export async function removeAbandoned(): Promise<void> {
  const ids = (await runc('list', '--quiet')).output.split('\n');
  for (const id of ids) {
    const [, pid] = /^wsap-(\d+)-/.exec(id) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) {
      await runc('delete', '--force', id);
    }
  }
}

async function runc(command: string, ...args: string[]): Promise<CommandResult> {
  try {
    const { stdout, stderr } = await promisify(execFile)('runc', ['--root', STATE, command, ...args]);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number | string; stdout?: string; stderr?: string };
    if (typeof code !== 'number') {
      throw error;
    }
    return { code, output: stdout + stderr };
  }
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Command } from '../environment/pod.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Paths and intervals of the probes and scrapes of deploy/ (ms). */
const PROBES = { '/livez': 20_000, '/readyz': 5_000 };
const SCRAPES = { '/metrics': 30_000 };
/** Unit in which the kernel reports CPU time to programs. */
const TICKS_PER_SECOND = 100;

/** Builds the content of the image into a folder that doesn't exist, and returns the path of the program. */
export async function bundleInto(folder: string): Promise<string> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'deploy/image/bundle.ts'), folder]);
  return join(folder, 'dist/cli/main.js');
}

/** Operator process whose CPU time and memory are measured. */
export class MeasuredOperator implements AsyncDisposable {
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
        WSAP_AMBIENT_FLEET_NAMESPACES: 'default',
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

  /** Waits until the operator has read all resources and watches them. */
  async watching(): Promise<void> {
    while (!this.#log.includes('informers synced')) {
      await this.unlessItExits(sleep(1));
    }
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

/** Returns the user and system time of a process in seconds (proc_pid_stat(5)). */
export async function cpuSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process, in MiB. */
export interface Memory {
  readonly memory: number;
  readonly peakMemory: number;
}

/** Returns the resident memory of a process (proc_pid_status(5)). */
export async function memoryOf(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
  return { memory: mebibytes('VmRSS'), peakMemory: mebibytes('VmHWM') };
}

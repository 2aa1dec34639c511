import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inject } from 'vitest';
import { COMPILE_CACHE } from '../environment/compileCache.ts';
import type { Pod } from '../environment/pod.ts';

export interface OperatorProcessOptions {
  /** Namespace of the policies. Undefined for all namespaces. */
  readonly namespace: string | undefined;
  /** URL of the simulated AWS endpoint. */
  readonly endpoint: string;
  readonly flags?: readonly string[];
  /** Kubeconfig of the operator. Defaults to that of the administrator of the shared cluster. */
  readonly kubeconfigPath?: string | undefined;
  /** Pod to run the operator in, instead of using a kubeconfig. */
  readonly pod?: Pod | undefined;
  /** Program to run. Defaults to the sources. */
  readonly program?: string | undefined;
  /** Environment variables that extend or replace the default ones. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Flags for calls at a high rate, because the simulator has no limit. */
export const HIGH_RATE = ['--aws-requests-per-second', '500', '--aws-burst', '100'];

/** Default lease timing of the operator and of client-go. */
export const DEFAULT_TIMING = ['--lease-duration', '15s', '--renew-deadline', '10s', '--retry-period', '2s'];

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

/** Operator in a separate process, with the test's API server and simulated AWS. */
export class OperatorProcess implements AsyncDisposable {
  readonly #options: OperatorProcessOptions;
  #child: ChildProcess | undefined;
  /** Resolves when the current process has exited and all its output was read. */
  #closed: Promise<unknown[]> | undefined;
  /** Length of the log when the current process started. */
  #logBefore = 0;
  /** Log of all processes so far. */
  log = '';

  constructor(options: OperatorProcessOptions) {
    this.#options = options;
  }

  start(): this {
    const { namespace, endpoint, flags = [], pod, program: main = MAIN, env } = this.#options;
    const kubeconfigPath = this.#options.kubeconfigPath ?? inject('kubeconfigPath');
    // Short leases, because a new process waits until the leases of a killed one expire.
    const leases = ['--lease-duration', '6s', '--renew-deadline', '4s', '--retry-period', '1s'];
    // Free ports, because operators of several tests run in parallel.
    const ports = ['--metrics-bind-address', '127.0.0.1:0', '--health-probe-bind-address', '127.0.0.1:0'];
    this.#logBefore = this.log.length;
    const all = [...HIGH_RATE, ...leases, ...ports, ...flags];
    const watched = namespace === undefined ? [] : ['--namespace', namespace];
    const program = [process.execPath, main, 'operator', ...watched, ...all] as const;
    const [file, ...args] = program;
    const command = pod?.command(program) ?? { file, args, env: { KUBECONFIG: kubeconfigPath } };
    const child = spawn(command.file, command.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        ...COMPILE_CACHE,
        ...command.env,
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'simulated',
        AWS_SECRET_ACCESS_KEY: 'simulated',
        ...env,
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
      });
    }
    this.#child = child;
    this.#closed = once(child, 'close');
    return this;
  }

  /** Process ID of the current process. */
  get pid(): number {
    if (this.#child?.pid === undefined) {
      throw new Error('the operator does not run');
    }
    return this.#child.pid;
  }

  /** Sends a signal and returns immediately, for example, SIGSTOP or SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Sends a GET request to the operator. Rejects if it doesn't listen yet. */
  async get(path: string): Promise<Response> {
    const what = path === '/metrics' ? 'metrics' : 'probes';
    const served = new RegExp(`"address":"([^"]+)","msg":"${what} served"`).exec(this.log.slice(this.#logBefore));
    if (served === null) {
      throw new Error(`the operator does not serve ${what} yet`);
    }
    return fetch(`http://${served[1]}${path}`);
  }

  /** Sends SIGKILL. */
  async kill(): Promise<void> {
    await this.#terminate('SIGKILL');
  }

  /** Sends SIGTERM, as Kubernetes does to a pod. Returns the exit code. */
  async stop(): Promise<number | null> {
    return this.#terminate('SIGTERM');
  }

  /** Waits until the process exits on its own. Returns the exit code. */
  async ended(): Promise<number | null> {
    return this.#terminate(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #terminate(signal: NodeJS.Signals | undefined): Promise<number | null> {
    if (signal !== undefined) {
      this.#child?.kill(signal);
    }
    await this.#closed;
    return this.#child?.exitCode ?? null;
  }
}

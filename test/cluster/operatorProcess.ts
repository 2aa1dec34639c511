import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inject } from 'vitest';
import { COMPILE_CACHE } from '../environment/compileCache.ts';
import type { Pod } from '../environment/pod.ts';

export interface OperatorProcessOptions {
  readonly namespace: string;
  /** Of the WorkSpaces endpoint. */
  readonly endpoint: string;
  readonly flags?: readonly string[];
  /** Of the cluster, and who the operator is to it; by default the administrator of the one that all tests share. */
  readonly kubeconfigPath?: string | undefined;
  /** The pod that it runs in, instead of having a kubeconfig. */
  readonly pod?: Pod | undefined;
  /** Beside its usual environment, or instead of it. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** client-go's own, and what the operator has where nothing else is asked for. */
export const DEFAULT_TIMING = ['--lease-duration', '15s', '--renew-deadline', '10s', '--retry-period', '2s'];

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

/** The operator as a process of its own, against the test's API server and a simulator, for the policies of one namespace. */
export class OperatorProcess implements AsyncDisposable {
  readonly #options: OperatorProcessOptions;
  #child: ChildProcess | undefined;
  /** How much its earlier lives had logged. */
  #logBefore = 0;
  /** What it logged, over all its lives. */
  log = '';

  constructor(options: OperatorProcessOptions) {
    this.#options = options;
  }

  start(): this {
    const { namespace, endpoint, flags = [], pod, env } = this.#options;
    const kubeconfigPath = this.#options.kubeconfigPath ?? inject('kubeconfigPath');
    const rate = ['--aws-requests-per-second', '500', '--aws-burst', '100'];
    // A new life waits until the lease of one that was killed has expired.
    const leases = ['--lease-duration', '6s', '--renew-deadline', '4s', '--retry-period', '1s'];
    // Any free ports: operators run side by side.
    const ports = ['--metrics-bind-address', '127.0.0.1:0', '--health-probe-bind-address', '127.0.0.1:0'];
    this.#logBefore = this.log.length;
    const all = [...rate, ...leases, ...ports, ...flags];
    const program = [process.execPath, MAIN, 'operator', '--namespace', namespace, ...all] as const;
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
    return this;
  }

  /** Sends a signal and goes on: SIGSTOP freezes the process, SIGCONT has it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** What it answers to a GET; rejects while it doesn't listen yet. */
  async get(path: string): Promise<Response> {
    const what = path === '/metrics' ? 'metrics' : 'probes';
    const served = new RegExp(`"address":"([^"]+)","msg":"${what} served"`).exec(this.log.slice(this.#logBefore));
    if (served === null) {
      throw new Error(`the operator serves no ${what} yet`);
    }
    return fetch(`http://${served[1]}${path}`);
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As Kubernetes ends a pod; returns the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Waits until it has ended by itself; returns the exit code. */
  async ended(): Promise<number | null> {
    return this.#end(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(signal: NodeJS.Signals | undefined): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
    const exited = once(child, 'exit');
    if (signal !== undefined) {
      child.kill(signal);
    }
    const [code] = await exited;
    return code;
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface OperatorOptions {
  readonly kubeconfigPath: string;
  /** The simulator's. */
  readonly awsUrl: string;
  readonly awsRegion: string;
  readonly awsRequestsPerSecond: number;
}

const SOURCE = join(import.meta.dirname, '../../..', 'src/cli/main.ts');
const KEPT_LINES = 200;
/** How long it may take to end what is in flight, in milliseconds. */
const STOP_TIMEOUT_MS = 10_000;

/** `wsap operator` as a child process, with its log in memory. */
export class OperatorProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown[]>;
  readonly #log: string[] = [];
  readonly #started = Promise.withResolvers<void>();
  #stopping = false;
  /** Rejects if it ends without having been asked to. */
  readonly died: Promise<never>;

  constructor(options: OperatorOptions) {
    this.#child = spawn(
      process.execPath,
      ['--import', join(import.meta.dirname, 'endWithParent.ts'), SOURCE, 'operator'],
      {
        env: environment(options),
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // A process group of its own: a Ctrl-C in the terminal is this process's to handle.
        detached: true,
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) {
        createInterface(stream).on('line', (line) => this.#keep(line));
      }
    }
    this.#closed = once(this.#child, 'close');
    this.died = this.#closed.then(([code, signal]) => {
      if (this.#stopping) {
        return new Promise<never>(() => {});
      }
      const log = this.#log.length === 0 ? 'It has logged nothing.' : `Its last words:\n${this.lastLines().join('\n')}`;
      throw new Error(`the operator ended with ${signal ?? `exit code ${code}`}. ${log}`);
    });
    this.died.catch(() => {});
  }

  /** Resolves when it has logged something. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** The last lines of its log, oldest first. */
  lastLines(count = 10): string[] {
    return this.#log.slice(-count);
  }

  /** Ends it as Kubernetes does: SIGTERM, and some time later SIGKILL. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  #keep(line: string): void {
    this.#log.push(line);
    if (this.#log.length > KEPT_LINES) {
      this.#log.shift();
    }
    this.#started.resolve();
  }
}

/** The person's own, without anything that could lead to an AWS account or a cluster of theirs, or change how the operator behaves. */
function environment({ kubeconfigPath, awsUrl, awsRegion, awsRequestsPerSecond }: OperatorOptions): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS|WSAP|NODE)_/.test(name));
  return {
    ...Object.fromEntries(inherited),
    KUBECONFIG: kubeconfigPath,
    AWS_ENDPOINT_URL: awsUrl,
    AWS_REGION: awsRegion,
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    WSAP_AWS_REQUESTS_PER_SECOND: String(awsRequestsPerSecond),
    // Somebody else may use the ports.
    WSAP_METRICS_BIND_ADDRESS: '0',
    WSAP_HEALTH_PROBE_BIND_ADDRESS: '0',
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { devNull } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

export interface OperatorOptions {
  readonly kubeconfigPath: string;
  /** URL of the simulated AWS. */
  readonly awsUrl: string;
  readonly awsRegion: string;
}

const SOURCE = join(import.meta.dirname, '../../..', 'src/cli/main.ts');
const MAX_LOG_LINES = 200;
/** Maximum time to complete changes in flight. */
const STOP_TIMEOUT_MS = 10_000;

/** `wsap operator` as a child process. Keeps the end of its log in memory. */
export class OperatorProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown[]>;
  readonly #log: string[] = [];
  readonly #started = Promise.withResolvers<void>();
  #stopping = false;
  /** Rejects if the process ends unexpectedly. */
  readonly died: Promise<never>;
  /** Path of the audit log, in the folder of the control plane, which deletes it. */
  readonly auditLog: string;

  constructor(options: OperatorOptions) {
    this.auditLog = join(dirname(options.kubeconfigPath), 'audit.log');
    this.#child = spawn(
      process.execPath,
      ['--import', join(import.meta.dirname, 'endWithParent.ts'), SOURCE, 'operator'],
      {
        env: { ...environment(options), WSAP_AUDIT_LOG: this.auditLog },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // In a process group of its own, because Ctrl-C in the terminal is handled by this process.
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
      const log = this.#log.length === 0 ? 'Its log is empty.' : `Its last log lines:\n${this.lastLines().join('\n')}`;
      throw new Error(`the operator ended with ${signal ?? `exit code ${code}`}. ${log}`);
    });
    this.died.catch(() => {});
  }

  /** Resolves with the first log line. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Returns the last lines of the log, oldest first. */
  lastLines(count = 10): string[] {
    return this.#log.slice(-count);
  }

  /** Ends the process like Kubernetes, with SIGTERM and, after a timeout, SIGKILL. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  #keep(line: string): void {
    this.#log.push(line);
    if (this.#log.length > MAX_LOG_LINES) {
      this.#log.shift();
    }
    this.#started.resolve();
  }
}

/** Returns the environment of the user without access to AWS accounts or clusters, and without settings of the operator. */
function environment({ kubeconfigPath, awsUrl, awsRegion }: OperatorOptions): NodeJS.ProcessEnv {
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
    WSAP_NOTIFICATIONS: 'true',
    // Other processes may use the ports.
    WSAP_METRICS_BIND_ADDRESS: '0',
    WSAP_HEALTH_PROBE_BIND_ADDRESS: '0',
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { basename, normalize } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { sanitize } from '../../sanitize.ts';
import { Fields } from './fields.ts';
import type { ExecConfig } from './kubeConfigTypes.ts';

/** Cluster in KUBERNETES_EXEC_INFO, with the field names of client.authentication.k8s.io. */
export interface PluginCluster {
  readonly server: string;
  readonly 'tls-server-name'?: string | undefined;
  readonly 'insecure-skip-tls-verify'?: true | undefined;
  readonly 'certificate-authority-data'?: string | undefined;
  readonly 'proxy-url'?: string | undefined;
  readonly 'disable-compression'?: true | undefined;
  readonly config?: unknown;
}

/** Credential that a plugin returned: a token, or a certificate with its key, or both. */
export interface PluginCredential {
  readonly token: string;
  /** Client certificate and key in PEM. Empty without a certificate. */
  readonly cert: string;
  readonly key: string;
  /** Time after which the credential is invalid, in milliseconds since 1970. Infinity if it doesn't expire. */
  readonly expiresAt: number;
}

/** Standard streams of the process that runs plugins. */
export interface Terminal {
  readonly isInputTerminal: boolean;
  readonly isErrorTerminal: boolean;
}

const PROCESS_TERMINAL: Terminal = {
  get isInputTerminal() {
    return process.stdin.isTTY === true;
  },
  get isErrorTerminal() {
    return process.stderr.isTTY === true;
  },
};

/** API versions of which client-go accepts credentials. */
const API_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/**
 * Credential plugin of a kubeconfig, as client-go runs it (plugin/pkg/client/auth/exec). The credential is kept until it expires or the
 * API server rejects it. Concurrent requests share one run.
 */
export class CredentialPlugin {
  readonly #exec: ExecConfig;
  readonly #terminal: Terminal;
  #running: Promise<PluginCredential> | undefined;
  #credential: PluginCredential | undefined;

  constructor(exec: ExecConfig, terminal = PROCESS_TERMINAL) {
    this.#exec = exec;
    this.#terminal = terminal;
  }

  /** Whether the plugin may ask a person, so that it can take long. */
  get isInteractive(): boolean {
    return this.#exec.interactiveMode !== 'Never' && this.#terminal.isInputTerminal;
  }

  /** Returns a valid credential. `cluster` is read only if the plugin runs and requires it. */
  async credential(cluster: () => Promise<PluginCluster>): Promise<PluginCredential> {
    if (this.#credential !== undefined && Date.now() <= this.#credential.expiresAt) {
      return this.#credential;
    }
    this.#running ??= this.#run(cluster).finally(() => {
      this.#running = undefined;
    });
    this.#credential = await this.#running;
    return this.#credential;
  }

  /** Forgets a credential that the API server rejected, unless another one has replaced it. */
  reject(credential: PluginCredential): void {
    if (this.#credential === credential) {
      this.#credential = undefined;
    }
  }

  async #run(cluster: () => Promise<PluginCluster>): Promise<PluginCredential> {
    const { apiVersion, env = [], interactiveMode, provideClusterInfo } = this.#exec;
    if (interactiveMode === 'Always' && !this.#terminal.isInputTerminal) {
      throw new Error(
        `the credential plugin ${this.#name} of the kubeconfig requires a terminal (interactiveMode: Always)`,
      );
    }
    const spec = {
      ...(provideClusterInfo && { cluster: await cluster() }),
      interactive: this.isInteractive,
    };
    const output = await this.#execute({
      ...process.env,
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: `${JSON.stringify({ kind: 'ExecCredential', apiVersion, spec })}\n`,
    });
    try {
      return parseCredential(output, apiVersion);
    } catch (error) {
      throw this.#failure(`failed: it returned no valid ExecCredential: ${(error as Error).message}`);
    }
  }

  /** Runs the command and returns its standard output. */
  async #execute(env: NodeJS.ProcessEnv): Promise<string> {
    const { command, args = [] } = this.#exec;
    // A person sees what the plugin writes to standard error, for example, the code of a login. A log never contains it.
    const stderr = this.#terminal.isErrorTerminal ? 'inherit' : 'ignore';
    const stdin = this.isInteractive ? 'inherit' : 'ignore';
    const child: ChildProcess = spawn(normalize(command), args, { env, stdio: [stdin, 'pipe', stderr] });
    const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? signal));
    });
    let output: string;
    let status: Awaited<typeof ended>;
    try {
      [output, status] = await Promise.all([child.stdout ? text(child.stdout) : '', ended]);
    } catch (error) {
      throw this.#spawnFailure(error as NodeJS.ErrnoException);
    }
    if (status !== 0) {
      const hidden = this.#terminal.isErrorTerminal
        ? ''
        : '; its output is hidden because it can contain credentials; run kubectl with the same kubeconfig to see it';
      throw this.#failure(`failed with ${typeof status === 'number' ? `exit code ${status}` : status}${hidden}`);
    }
    return output;
  }

  get #name(): string {
    return sanitize(basename(this.#exec.command));
  }

  #spawnFailure({ code, message }: NodeJS.ErrnoException): Error {
    if (code !== 'ENOENT') {
      return this.#failure(`failed: ${message}`);
    }
    const { command, installHint = '' } = this.#exec;
    const hint = installHint === '' ? '' : `: ${sanitize(installHint.trim().replace(/\s+/g, ' '), 512)}`;
    return this.#failure(`failed: ${sanitize(command)} not found; install it, or correct its path${hint}`);
  }

  #failure(reason: string): Error {
    return new Error(`the credential plugin ${this.#name} of the kubeconfig ${reason}`);
  }
}

/** Parses the output of a plugin. The messages never contain the output. */
function parseCredential(output: string, apiVersion: string): PluginCredential {
  const credential = Fields.of(parseJson(output), '');
  if (credential.text('kind') !== 'ExecCredential' || !API_VERSIONS.includes(credential.text('apiVersion'))) {
    throw new Error(`it must have kind ExecCredential and apiVersion ${apiVersion}`);
  }
  if (credential.text('apiVersion') !== apiVersion) {
    throw new Error(`it must have the apiVersion of the kubeconfig, ${apiVersion}`);
  }
  const status = credential.object('status');
  const token = status.text('token');
  const cert = status.text('clientCertificateData');
  const key = status.text('clientKeyData');
  const expiration = status.text('expirationTimestamp');
  const expiresAt = expiration === '' ? Number.POSITIVE_INFINITY : Date.parse(expiration);
  if (token === '' && cert === '' && key === '') {
    throw new Error('status has neither a token nor a certificate');
  }
  if ((cert === '') !== (key === '')) {
    throw new Error('status must have both clientCertificateData and clientKeyData, or neither');
  }
  if (Number.isNaN(expiresAt)) {
    throw new Error('status.expirationTimestamp must be a time in RFC 3339');
  }
  return { token, cert, key, expiresAt };
}

function parseJson(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new Error('it must be JSON');
  }
}

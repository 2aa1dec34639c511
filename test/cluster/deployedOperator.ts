import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { COMPILE_CACHE } from '../environment/compileCache.ts';
import type { InstallationHarness } from './installationHarness.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly [
          {
            readonly args: readonly string[];
            readonly env: readonly { name: string; value?: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
          },
        ];
      };
    };
  };
}

/**
 * Operator that runs as the Deployment wsap-system/wsap would run it: with its arguments, environment variables, and
 * the token of its ServiceAccount.
 */
export class DeployedOperator implements AsyncDisposable {
  readonly #child: ChildProcess;
  log = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
      });
    }
  }

  static async start(installation: InstallationHarness): Promise<DeployedOperator> {
    const text = await installation.kubectl('get', 'deployment', '-n', 'wsap-system', 'wsap', '-o', 'json');
    const [container] = (JSON.parse(text) as Deployment).spec.template.spec.containers;
    const env = container.env.map((one) => [one.name, one.valueFrom === undefined ? one.value : 'wsap-system']);
    const child = spawn(process.execPath, [MAIN, ...container.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        ...COMPILE_CACHE,
        ...Object.fromEntries(env),
        KUBECONFIG: await installation.kubeconfigOf('wsap-system', 'wsap'),
        AWS_ENDPOINT_URL: installation.aws.url,
        AWS_ACCESS_KEY_ID: 'simulated',
        AWS_SECRET_ACCESS_KEY: 'simulated',
      },
    });
    return new DeployedOperator(child);
  }

  /** Kills the process, as a failing node does. */
  async kill(): Promise<void> {
    await this.#terminate('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#terminate('SIGTERM');
  }

  async #terminate(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill(signal);
      await exited;
    }
  }
}

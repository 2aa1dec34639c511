import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { locateHelm } from '../environment/helm.ts';

/** Output of a successful command of Helm. Warnings of the API server are in `stderr`. */
export interface HelmResult {
  readonly stdout: string;
  readonly stderr: string;
}

export interface HelmOptions {
  readonly namespace: string;
  readonly kubeconfigPath: string;
  /** Folder for Helm's own files, instead of those of the user. */
  readonly home: string;
  /** Object for stdin, for example, for `--values -`. */
  readonly input?: object | undefined;
}

/** Runs Helm. Rejects with its error output. */
export async function runHelm(args: readonly string[], options: HelmOptions): Promise<HelmResult> {
  const { namespace, kubeconfigPath, home, input } = options;
  const flags = ['--namespace', namespace, '--kubeconfig', kubeconfigPath];
  const env = { PATH: process.env.PATH, HOME: home };
  const running = promisify(execFile)(await locateHelm(), [...args, ...flags], { env });
  running.child.stdin?.end(input === undefined ? '' : JSON.stringify(input));
  try {
    return await running;
  } catch (error) {
    throw new Error(`helm ${args.join(' ')}: ${(error as { stderr?: string }).stderr}`, { cause: error });
  }
}

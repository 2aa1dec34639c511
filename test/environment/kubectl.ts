import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

/** Which kubectl, and for which cluster. */
export interface KubectlAccess {
  readonly kubectlPath: string;
  readonly kubeconfigPath: string;
}

/** A kubectl that ended in an error. Its message holds what kubectl wrote to standard error. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError';
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(args: readonly string[], exitCode: number | null, stderr: string) {
    super(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/**
 * Runs kubectl and returns its standard output; rejects with a KubectlError. `input` is its standard input, as for `-f -`.
 * Its discovery cache lies beside the kubeconfig, and the person's own kubectl preferences have no say.
 */
export function kubectl(access: KubectlAccess, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(access.kubectlPath, args, { stdio: 'pipe', env: kubectlEnv(access) });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(stdout) : reject(new KubectlError(args, code, stderr))));
    // A kubectl that doesn't read its input closes it.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function kubectlEnv({ kubeconfigPath }: KubectlAccess): NodeJS.ProcessEnv {
  return {
    ...process.env,
    KUBECONFIG: kubeconfigPath,
    KUBECACHEDIR: join(dirname(kubeconfigPath), 'kubectl-cache'),
    KUBECTL_KUBERC: 'false',
  };
}

import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

/** Paths of kubectl and of its kubeconfig. */
export interface KubectlAccess {
  readonly kubectlPath: string;
  readonly kubeconfigPath: string;
}

/** An error of kubectl. The message contains its stderr. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError';
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    args: readonly string[],
    exitCode: number | null,
    { stdout, stderr }: { stdout: string; stderr: string },
  ) {
    super(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/**
 * Runs kubectl. Resolves with its stdout; rejects with a KubectlError. `input`: stdin, for example, for `-f -`. The discovery cache is next
 * to the kubeconfig. Preferences of the user are ignored.
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
    child.on('close', (code) =>
      code === 0 ? resolve(stdout) : reject(new KubectlError(args, code, { stdout, stderr })),
    );
    // kubectl closes an input that it doesn't read.
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

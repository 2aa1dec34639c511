import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { GoModule, Platform } from './pin.ts';

export interface BuildOptions {
  readonly pin: GoModule;
  readonly platform: Platform;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Builds kube-apiserver, kubectl, and etcd from the pinned Go modules into a folder. Rejects if Go is missing or too old. */
export async function buildFromModules(directory: string, options: BuildOptions): Promise<void> {
  const build = await builder(options, 'k8s.io/component-base/version.gitVersion');
  await build(`${directory}/`, 'k8s.io/kubernetes/cmd/kube-apiserver', 'k8s.io/kubernetes/cmd/kubectl');
  await build(join(directory, 'etcd'), 'go.etcd.io/etcd/server/v3');
}

/** Builds helm into a folder. Rejects if Go is missing or too old. */
export async function buildHelm(directory: string, options: BuildOptions): Promise<void> {
  const build = await builder(options, 'helm.sh/helm/v4/internal/version.version');
  await build(join(directory, 'helm'), 'helm.sh/helm/v4/cmd/helm');
}

/** Builds the kubelet, its control plane, and the first process of pods into a folder. Rejects if Go is missing or too old. */
export async function buildNodePrograms(directory: string, options: BuildOptions): Promise<void> {
  const build = await builder(options, 'k8s.io/component-base/version.gitVersion');
  const commands = ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];
  await build(`${directory}/`, ...commands.map((name) => `k8s.io/kubernetes/cmd/${name}`), './pause');
}

/** Builds kind into a folder. Rejects if Go is missing or too old. */
export async function buildKind(directory: string, options: BuildOptions): Promise<void> {
  const build = await builder(options);
  await build(join(directory, 'kind'), 'sigs.k8s.io/kind');
}

/**
 * Returns a function that runs `go build` for the platform. Rejects if Go is too old. `versionVariable`: variable with the version of the
 * program, if its source has none.
 */
async function builder({ pin, platform, env = process.env, signal }: BuildOptions, versionVariable?: string) {
  const go = (...args: string[]) =>
    runGo(args, {
      cwd: pin.moduleDirectory,
      signal,
      env: { ...env, CGO_ENABLED: '0', GOOS: platform.os, GOARCH: platform.arch, GOWORK: 'off', GOFLAGS: '' },
    });

  // With GOTOOLCHAIN=auto, Go downloads a newer toolchain here. Otherwise, it fails.
  const found = (await go('env', 'GOVERSION')).trim();
  if (isOlder(found, pin.goVersion)) {
    throw new Error(`Go ${pin.goVersion} or newer is required; found ${found}`);
  }
  const ldflags = ['-s', '-w', ...(versionVariable === undefined ? [] : ['-X', `${versionVariable}=${pin.version}`])];
  return (output: string, ...packages: string[]) =>
    go(
      'build',
      '-trimpath',
      '-mod=readonly',
      '-buildvcs=false',
      '-ldflags',
      ldflags.join(' '),
      '-o',
      output,
      ...packages,
    );
}

/** Estimates the minutes of a build: processor time (default: that of the control plane) and a minute for downloads. */
export function buildMinutes(processors: number, processorMinutes = 16): number {
  return Math.ceil(processorMinutes / processors) + 1;
}

/** Whether the output of `go env GOVERSION` is older than a version in go.mod. A development build of Go is never older. */
function isOlder(found: string, needed: string): boolean {
  const parts = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(found)?.slice(1);
  if (parts === undefined) {
    return false;
  }
  const wanted = needed.split('.').map(Number);
  const difference = parts.map((part, i) => Number(part ?? 0) - (wanted[i] ?? 0)).find((d) => d !== 0) ?? 0;
  return difference < 0;
}

/** Runs go and resolves with its stdout. An abort interrupts go, so that it removes its temporary files. */
function runGo(
  args: readonly string[],
  { signal, ...options }: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal | undefined },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = `${stderr}${text}`.slice(-4_000);
    });
    const interrupt = () => child.kill('SIGINT');
    signal?.addEventListener('abort', interrupt, { once: true });
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new Error('go is not on the PATH') : error);
    });
    child.on('close', (code, killedBy) => {
      signal?.removeEventListener('abort', interrupt);
      if (signal?.aborted) {
        reject(signal.reason);
      } else if (code === 0) {
        resolve(stdout);
      } else {
        reject(new Error(`go ${args[0]} failed with ${killedBy ?? `exit code ${code}`}:\n${lastLines(stderr, 15)}`));
      }
    });
  });
}

function lastLines(text: string, count: number): string {
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('go: downloading '))
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n');
}

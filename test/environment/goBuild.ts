import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { GoModule, Platform } from './pin.ts';

export interface BuildOptions {
  readonly pin: GoModule;
  readonly platform: Platform;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Builds kube-apiserver, kubectl and etcd into a folder, from the Go modules that the pin names. Rejects if Go is missing or too old. */
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

/** A `go build` for the platform, once it is known that there is a Go for it. `versionVariable` is where programs look for their version. */
async function builder({ pin, platform, env = process.env, signal }: BuildOptions, versionVariable: string) {
  const go = (...args: string[]) =>
    runGo(args, {
      cwd: pin.moduleDirectory,
      signal,
      env: { ...env, CGO_ENABLED: '0', GOOS: platform.os, GOARCH: platform.arch, GOWORK: 'off', GOFLAGS: '' },
    });

  // Here a Go that may fetch newer toolchains (GOTOOLCHAIN=auto) does so, and one that may not refuses.
  const found = (await go('env', 'GOVERSION')).trim();
  if (isOlder(found, pin.goVersion)) {
    throw new Error(`Go ${pin.goVersion} or newer is needed, and this is ${found}`);
  }
  const ldflags = `-s -w -X ${versionVariable}=${pin.version}`;
  return (output: string, ...packages: string[]) =>
    go('build', '-trimpath', '-mod=readonly', '-buildvcs=false', '-ldflags', ldflags, '-o', output, ...packages);
}

/** About how many minutes a build takes, given its processor time in minutes, which is that of the control plane, and a minute of downloads. */
export function buildMinutes(processors: number, processorMinutes = 16): number {
  return Math.ceil(processorMinutes / processors) + 1;
}

/** Whether a `go env GOVERSION` is older than a version of go.mod. A development build of Go counts as new enough. */
function isOlder(found: string, needed: string): boolean {
  const parts = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(found)?.slice(1);
  if (parts === undefined) {
    return false;
  }
  const wanted = needed.split('.').map(Number);
  const difference = parts.map((part, i) => Number(part ?? 0) - (wanted[i] ?? 0)).find((d) => d !== 0) ?? 0;
  return difference < 0;
}

/** Runs go to its end and returns its standard output. When aborted it's interrupted, which lets it remove its own files. */
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
      reject(error.code === 'ENOENT' ? new Error('there is no go on the PATH') : error);
    });
    child.on('close', (code, killedBy) => {
      signal?.removeEventListener('abort', interrupt);
      if (signal?.aborted) {
        reject(signal.reason);
      } else if (code === 0) {
        resolve(stdout);
      } else {
        reject(new Error(`go ${args[0]} ended with ${killedBy ?? `code ${code}`}:\n${lastLines(stderr, 15)}`));
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

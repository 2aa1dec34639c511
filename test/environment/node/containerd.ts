import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { POD_SUBNET } from './controlPlaneProcesses.ts';
import { enter, type LinuxNamespaces } from './linuxNamespaces.ts';

/** Socket of containerd inside the namespaces. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';
/** Reference of the image of the first process of each pod. */
export const PAUSE_IMAGE = 'localhost/wsap-e2e-pause:1';
/** Folder of the plugins in Debian's package containernetworking-plugins. */
const NETWORK_PLUGINS = '/usr/lib/cni';

/** Starts containerd with a bridge network. It answers later. */
export async function startContainerd(namespaces: LinuxNamespaces, directory: string): Promise<void> {
  const networks = join(directory, 'networks');
  await mkdir(networks, { recursive: true });
  const bridge = {
    type: 'bridge',
    bridge: 'pods',
    isGateway: true,
    ipMasq: true,
    ipam: {
      type: 'host-local',
      ranges: [[{ subnet: POD_SUBNET }]],
      routes: [{ dst: '0.0.0.0/0' }],
      dataDir: join(directory, 'addresses'),
    },
  };
  const network = { cniVersion: '1.0.0', name: 'pods', plugins: [bridge] };
  await writeFile(join(networks, 'pods.conflist'), JSON.stringify(network));
  const config = join(directory, 'containerd.toml');
  await writeFile(config, configuration(directory, networks));
  namespaces.start('containerd', 'containerd', ['--config', config]);
}

/** `restrict_oom_score_adj` permits a root user without CAP_SYS_RESOURCE, for example, in a container. */
function configuration(directory: string, networks: string): string {
  return `version = 2
root = '${join(directory, 'containerd')}'
state = '/run/containerd'
[grpc]
  address = '${CONTAINERD_SOCKET}'
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = '${PAUSE_IMAGE}'
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = '${NETWORK_PLUGINS}'
    conf_dir = '${networks}'
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
`;
}

/** Returns the command and first arguments of ctr in the namespaces of a process. */
export function ctrCommand(pid: number): string[] {
  return ['nsenter', ...enter(pid), 'ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io'];
}

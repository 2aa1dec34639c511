import { memoryLimitOf, type Pod, podField, securityContextOf } from './pod.ts';
import { defaultSeccompProfile } from './seccomp.ts';
import type { ImageConfig } from './unpackedImage.ts';

/** A container to start: what the API server and the image specify, and what the kubelet adds. */
export interface ContainerInput {
  readonly pod: Pod;
  readonly image: ImageConfig;
  /** Root of the unpacked image. */
  readonly root: string;
  /** Folders of the pod's volumes by name. */
  readonly volumes: ReadonlyMap<string, string>;
  /** Host and port of the API server. */
  readonly apiServer: URL;
  /** Path below the root of the cgroup hierarchy. */
  readonly cgroup: string;
  /** Arguments instead of those of the pod. */
  readonly args?: readonly string[] | undefined;
}

/**
 * Returns the configuration of the container in the format of the OCI runtime specification, as the kubelet and containerd create it.
 * Exceptions: it shares the network of the machine, has no CPU shares, which would place it behind all processes outside of pods, and has no
 * resource limits per process, which require CAP_SYS_RESOURCE.
 */
export function runtimeSpec(input: ContainerInput): object {
  const { pod, image, root, cgroup } = input;
  const context = securityContextOf(pod);
  if (context.capabilities?.drop?.includes('ALL') !== true || context.capabilities.add !== undefined) {
    throw new Error('the container keeps capabilities; the tests support only containers without any');
  }
  if (context.seccompProfile?.type !== 'RuntimeDefault') {
    throw new Error(`the tests do not support the seccomp profile ${context.seccompProfile?.type}`);
  }
  const limit = memoryLimitOf(pod);
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: userOf(input),
      args: [...(image.Entrypoint ?? []), ...(input.args ?? pod.spec.containers[0].args ?? image.Cmd ?? [])],
      env: environmentOf(input),
      cwd: image.WorkingDir || '/',
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: context.allowPrivilegeEscalation === false,
    },
    root: { path: root, readonly: context.readOnlyRootFilesystem === true },
    hostname: pod.metadata.name,
    mounts: mountsOf(input),
    linux: {
      cgroupsPath: cgroup,
      namespaces: [{ type: 'pid' }, { type: 'ipc' }, { type: 'uts' }, { type: 'mount' }],
      resources: {
        devices: [{ allow: false, access: 'rwm' }],
        memory: { limit },
      },
      seccomp: defaultSeccompProfile(),
      maskedPaths: ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/scsi', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

/** The user of the pod, or else of the image. Like the kubelet, rejects root and names if the pod must not run as root. */
function userOf({ pod, image }: ContainerInput): { uid: number; gid: number } {
  const { runAsUser, runAsGroup, runAsNonRoot } = securityContextOf(pod);
  const [user = '0', group = '0'] = (image.User ?? '').split(':');
  const uid = runAsUser ?? Number(user);
  if (runAsNonRoot === true && !(uid > 0)) {
    throw new Error(`container has runAsNonRoot, and the image runs as ${user}`);
  }
  return { uid, gid: runAsGroup ?? (runAsUser === undefined ? Number(group) : 0) };
}

function environmentOf({ pod, image, apiServer }: ContainerInput): string[] {
  const own = (pod.spec.containers[0].env ?? []).map(({ name, value = '', valueFrom }) => {
    const path = valueFrom?.fieldRef?.fieldPath;
    if (valueFrom !== undefined && path === undefined) {
      throw new Error(`the tests do not support the source of the variable ${name}`);
    }
    return `${name}=${path === undefined ? value : podField(pod, path)}`;
  });
  const cluster = { KUBERNETES_SERVICE_HOST: apiServer.hostname, KUBERNETES_SERVICE_PORT: apiServer.port };
  return [...(image.Env ?? []), ...Object.entries(cluster).map(([name, value]) => `${name}=${value}`), ...own];
}

function mountsOf({ pod, volumes }: ContainerInput): object[] {
  const bind = (source: string, destination: string) => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', 'ro'],
  });
  const hidden = ['nosuid', 'noexec', 'nodev'];
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: hidden },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=64k'] },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...hidden, 'mode=1777', 'size=64m'] },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...hidden, 'ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...hidden, 'relatime', 'ro'] },
    bind('/etc/hosts', '/etc/hosts'),
    bind('/etc/resolv.conf', '/etc/resolv.conf'),
    ...(pod.spec.containers[0].volumeMounts ?? []).map(({ name, mountPath, readOnly }) => {
      const source = volumes.get(name);
      if (source === undefined || readOnly !== true) {
        throw new Error(`the tests do not support the writable or missing volume ${name}`);
      }
      return bind(source, mountPath);
    }),
  ];
}

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';
import { type KubectlAccess, kubectl } from './kubectl.ts';

/** A cluster with administrator access. */
export type AdministeredCluster = KubectlAccess & { readonly kubeconfig: string };

/** A command to run. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Folder of the service account in a pod. */
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Flags that run a program in its own mount namespace. */
const UNSHARE = ['--map-root-user', '--mount'];
/** Mounts $1 at FOLDER and then executes the remaining arguments. */
const SCRIPT = `mount -t tmpfs none /run && mkdir -p ${FOLDER} && mount --bind "$1" ${FOLDER} && shift && exec "$@"`;
const ACCOUNT = 'wsap';

/** Whether this machine can imitate pods. This requires Linux and unprivileged mount namespaces. */
export function canRunPods(): boolean {
  return spawnSync('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'none', '/run']).status === 0;
}

interface PodAccount {
  /** Namespace of the pod, and a unique name. */
  readonly namespace: string;
  readonly serviceAccount: string;
}

async function grantAll(cluster: KubectlAccess, { namespace, serviceAccount }: PodAccount): Promise<void> {
  const subject = `--serviceaccount=${namespace}:${serviceAccount}`;
  await kubectl(cluster, ['create', 'clusterrolebinding', namespace, '--clusterrole=cluster-admin', subject]);
}

/** Imitates a pod of a service account in its own namespace: its files and the address of the API server. */
export class Pod implements AsyncDisposable {
  readonly #cluster: AdministeredCluster;
  readonly #folder: string;
  /** Pods of tests that run at the same time share a cluster. */
  readonly namespace = `wsap-system-${randomUUID().slice(0, 8)}`;

  private constructor(cluster: AdministeredCluster, folder: string) {
    this.#cluster = cluster;
    this.#folder = folder;
  }

  /** Creates a pod. Its service account has all permissions, or those that `grant` gives it. */
  static async create(cluster: AdministeredCluster, grant = grantAll): Promise<Pod> {
    const pod = new Pod(cluster, await mkdtemp(join(tmpdir(), 'wsap-pod-')));
    const namespace = pod.namespace;
    await kubectl(cluster, ['create', 'namespace', namespace]);
    await grant(cluster, { namespace, serviceAccount: ACCOUNT });
    await kubectl(cluster, ['create', 'serviceaccount', '-n', namespace, ACCOUNT]);
    await pod.#write('ca.crt', Buffer.from(pod.#parts['certificate-authority-data'], 'base64').toString());
    await pod.#write('namespace', namespace);
    await pod.renewToken();
    return pod;
  }

  /** Recreates the service account, so that the API server rejects its current token. */
  async revokeToken(): Promise<void> {
    await kubectl(this.#cluster, ['delete', 'serviceaccount', '-n', this.namespace, ACCOUNT]);
    await kubectl(this.#cluster, ['create', 'serviceaccount', '-n', this.namespace, ACCOUNT]);
  }

  /** Replaces the token file, like the kubelet. */
  async renewToken(): Promise<void> {
    await this.#write('token', await kubectl(this.#cluster, ['create', 'token', '-n', this.namespace, ACCOUNT]));
  }

  /** Returns a command that runs in the pod, with only the environment of a pod. `port`: port of the API server. */
  command(args: readonly string[], port = new URL(this.#parts.server).port): Command {
    return {
      file: 'unshare',
      args: [...UNSHARE, 'sh', '-c', SCRIPT, 'pod', this.#folder, ...args],
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.#folder,
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: port,
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  get #parts(): { readonly server: string; readonly 'certificate-authority-data': string } {
    return parse(this.#cluster.kubeconfig).clusters[0].cluster;
  }

  async #write(name: string, text: string): Promise<void> {
    const path = join(this.#folder, name);
    await writeFile(`${path}.new`, text.trim());
    await rename(`${path}.new`, path);
  }
}

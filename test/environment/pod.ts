import { spawnSync } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';
import { type KubectlAccess, kubectl } from './kubectl.ts';

/** A cluster, as its administrator reaches it. */
export type AdministeredCluster = KubectlAccess & { readonly kubeconfig: string };

/** A program and how to run it. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Where a pod finds what its service account needs. */
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** In file systems of its own. */
const UNSHARE = ['--map-root-user', '--mount'];
/** $1 takes the place of FOLDER; the rest is the command, which becomes this very process. */
const SCRIPT = `mount -t tmpfs none /run && mkdir -p ${FOLDER} && mount --bind "$1" ${FOLDER} && shift && exec "$@"`;
const NAMESPACE = 'wsap-system';
const ACCOUNT = 'wsap';

/** Whether a program can be made to take itself for a pod here: Linux, and mount namespaces for whoever asks. */
export function canRunPods(): boolean {
  return spawnSync('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'none', '/run']).status === 0;
}

/** A pod of the service account wsap-system/wsap, to a program: the files that a kubelet puts there, and where the API server is. */
export class Pod implements AsyncDisposable {
  readonly #cluster: AdministeredCluster;
  readonly #folder: string;

  private constructor(cluster: AdministeredCluster, folder: string) {
    this.#cluster = cluster;
    this.#folder = folder;
  }

  /** The service account may do anything. */
  static async create(cluster: AdministeredCluster): Promise<Pod> {
    const pod = new Pod(cluster, await mkdtemp(join(tmpdir(), 'wsap-pod-')));
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
    const subject = `--serviceaccount=${NAMESPACE}:${ACCOUNT}`;
    await kubectl(cluster, ['create', 'clusterrolebinding', ACCOUNT, '--clusterrole=cluster-admin', subject]);
    await kubectl(cluster, ['create', 'serviceaccount', '-n', NAMESPACE, ACCOUNT]);
    await pod.#write('ca.crt', Buffer.from(pod.#parts['certificate-authority-data'], 'base64').toString());
    await pod.#write('namespace', NAMESPACE);
    await pod.renewToken();
    return pod;
  }

  /** The service account is deleted and made again: the API server accepts its token no longer. */
  async revokeToken(): Promise<void> {
    await kubectl(this.#cluster, ['delete', 'serviceaccount', '-n', NAMESPACE, ACCOUNT]);
    await kubectl(this.#cluster, ['create', 'serviceaccount', '-n', NAMESPACE, ACCOUNT]);
  }

  /** As the kubelet does it: another file takes the place of the token's. */
  async renewToken(): Promise<void> {
    await this.#write('token', await kubectl(this.#cluster, ['create', 'token', '-n', NAMESPACE, ACCOUNT]));
  }

  /** The command in the pod, with no more of an environment than that has. `port`: of the API server, if not its own. */
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

import type { CertificateAuthority } from './certificates.ts';
import { type LinuxNamespaces, NODE_ADDRESS } from './linuxNamespaces.ts';
import type { NodePrograms } from './programs.ts';

const SERVICES = '10.96.0.0/16';
/** First address of the services, which is the API server's. */
const API_SERVICE = '10.96.0.1';
const ETCD = 'http://127.0.0.1:2379';
const ISSUER = 'https://kubernetes.default.svc';

export const API_SERVER = `https://${NODE_ADDRESS}:6443`;
/** Name of the only node. */
export const NODE = 'node';
export const POD_SUBNET = '10.244.0.0/24';

/** Issues the certificates `apiserver`, `admin`, and `node`, and the key of service account tokens. */
export async function issueCertificates(authority: CertificateAuthority): Promise<void> {
  const addresses = [NODE_ADDRESS, '127.0.0.1', API_SERVICE].map((address) => `IP:${address}`);
  await authority.issue('apiserver', '/CN=kube-apiserver', [...addresses, 'DNS:kubernetes.default.svc']);
  await authority.issue('admin', '/O=system:masters/CN=admin');
  await authority.issue('node', `/O=system:nodes/CN=system:node:${NODE}`, [`IP:${NODE_ADDRESS}`, `DNS:${NODE}`]);
  await authority.createTokenKey('tokens');
}

/** Starts etcd and the API server, which is ready later. */
export function startApiServer(
  namespaces: LinuxNamespaces,
  programs: NodePrograms,
  { authority, directory }: { readonly authority: CertificateAuthority; readonly directory: string },
): void {
  namespaces.start('etcd', programs.etcd, [
    `--data-dir=${directory}/etcd`,
    '--unsafe-no-fsync',
    `--listen-client-urls=${ETCD}`,
    `--advertise-client-urls=${ETCD}`,
  ]);
  namespaces.start('kube-apiserver', programs['kube-apiserver'], [
    `--etcd-servers=${ETCD}`,
    '--secure-port=6443',
    `--advertise-address=${NODE_ADDRESS}`,
    `--tls-cert-file=${authority.path('apiserver.crt')}`,
    `--tls-private-key-file=${authority.path('apiserver.key')}`,
    `--client-ca-file=${authority.path('ca.crt')}`,
    `--kubelet-client-certificate=${authority.path('admin.crt')}`,
    `--kubelet-client-key=${authority.path('admin.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--service-account-issuer=${ISSUER}`,
    `--service-account-key-file=${authority.path('tokens.pub')}`,
    `--service-account-signing-key-file=${authority.path('tokens.key')}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--service-cluster-ip-range=${SERVICES}`,
  ]);
}

/** Starts the controllers, the scheduler, and the proxy of services. */
export function startControllers(
  namespaces: LinuxNamespaces,
  programs: NodePrograms,
  { authority, kubeconfig }: { readonly authority: CertificateAuthority; readonly kubeconfig: string },
): void {
  namespaces.start('kube-controller-manager', programs['kube-controller-manager'], [
    `--kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${authority.path('tokens.key')}`,
    `--root-ca-file=${authority.path('ca.crt')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
  ]);
  namespaces.start('kube-scheduler', programs['kube-scheduler'], [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
  ]);
  namespaces.start('kube-proxy', programs['kube-proxy'], [
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${NODE}`,
    '--proxy-mode=iptables',
    `--cluster-cidr=${POD_SUBNET}`,
    // The number of connections is a setting of the machine.
    '--conntrack-max-per-core=0',
  ]);
}

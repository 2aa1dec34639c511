import { sanitize } from '../../sanitize.ts';
import type { ExecConfig, KubeCluster, KubeUser } from './kubeConfigTypes.ts';

const PROXY_SCHEMES = ['http:', 'https:', 'socks5:'];

/**
 * Validates a cluster as client-go does.
 *
 * @throws Error that names the cluster and the field
 */
export function validateCluster(cluster: KubeCluster): void {
  const name = sanitize(cluster.name);
  if (cluster.caFile && cluster.caData) {
    throw new Error(
      `cluster ${name} of the kubeconfig sets certificate-authority and certificate-authority-data; remove one of them`,
    );
  }
  if (cluster.skipTLSVerify && (cluster.caFile || cluster.caData)) {
    throw new Error(
      `cluster ${name} of the kubeconfig sets insecure-skip-tls-verify and a certificate authority; remove one of them`,
    );
  }
  if (cluster.proxyUrl && !PROXY_SCHEMES.includes(URL.parse(cluster.proxyUrl)?.protocol ?? '')) {
    throw new Error(
      `proxy-url of cluster ${name} in the kubeconfig must be a URL with the scheme http, https, or socks5`,
    );
  }
}

/**
 * Validates a user as client-go does.
 *
 * @throws Error that names the user and the field
 */
export function validateUser(user: KubeUser): void {
  const problem = userProblem(user);
  if (problem !== undefined) {
    throw new Error(`user ${sanitize(user.name)} of the kubeconfig ${problem}`);
  }
}

function userProblem(user: KubeUser): string | undefined {
  const hasPassword = Boolean(user.username || user.password);
  if (hasPassword && (user.token || user.tokenFile)) {
    return 'sets a token and a password; remove one of them';
  }
  if (user.certFile && user.certData) {
    return 'sets client-certificate and client-certificate-data; remove one of them';
  }
  if (user.certFile || user.certData) {
    if (user.keyFile && user.keyData) {
      return 'sets client-key and client-key-data; remove one of them';
    }
    if (!user.keyFile && !user.keyData) {
      return 'sets a client certificate without its key; set client-key or client-key-data';
    }
  }
  if (user.exec !== undefined) {
    return user.authProvider ? 'sets exec and auth-provider; remove one of them' : execProblem(user.exec);
  }
  return undefined;
}

function execProblem({ apiVersion, command, env = [], interactiveMode }: ExecConfig): string | undefined {
  if (!command) {
    return 'sets exec without a command';
  }
  if (!/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
    return 'must set exec.apiVersion to client.authentication.k8s.io/v1 or v1beta1';
  }
  if (!interactiveMode) {
    return 'must set exec.interactiveMode to Never, IfAvailable, or Always';
  }
  return env.some(({ name }) => name === '') ? 'sets a variable in exec.env without a name' : undefined;
}

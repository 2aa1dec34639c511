import { isAbsolute, join, sep } from 'node:path';
import type { Context } from '@kubernetes/client-node';
import { LineCounter, parseAllDocuments } from 'yaml';
import { sanitize } from '../../sanitize.ts';
import { KUBERNETES_YAML, plainValueOf } from '../kubernetesYaml.ts';
import { Fields } from './fields.ts';
import type { ExecConfig, InteractiveMode, KubeCluster, KubeUser } from './kubeConfigTypes.ts';

/** Content of one file. Paths are absolute. */
export interface KubeConfigContent {
  readonly clusters: readonly KubeCluster[];
  readonly users: readonly KubeUser[];
  readonly contexts: readonly Context[];
  readonly currentContext: string;
}

/** Extension of a cluster that contains the configuration for credential plugins. */
const PLUGIN_EXTENSION = 'client.authentication.k8s.io/exec';

const INTERACTIVE_MODES: readonly string[] = ['Never', 'IfAvailable', 'Always'] satisfies InteractiveMode[];

/** API versions whose `interactiveMode` defaults to IfAvailable. */
const LENIENT_VERSIONS = ['client.authentication.k8s.io/v1beta1', 'client.authentication.k8s.io/v1alpha1'];

/**
 * Parses a file as client-go does (tools/clientcmd): an empty file is valid, unknown fields are ignored, and two entries of the same name
 * are an error. Relative paths refer to `folder`.
 *
 * @throws Error with the path of the field or the position. It never quotes the file because it contains credentials
 */
export function parseKubeConfig(text: string, folder: string): KubeConfigContent {
  const root = Fields.of(parseYaml(text), '');
  for (const [name, expected] of [
    ['apiVersion', 'v1'],
    ['kind', 'Config'],
  ] as const) {
    if (root.text(name) !== '' && root.text(name) !== expected) {
      throw new Error(`${name} must be ${expected}`);
    }
  }
  const resolve = (path: string) => (path === '' || isAbsolute(path) ? path : join(folder, path));
  return {
    clusters: entries(root, 'clusters').map(({ name, entry }) => clusterOf(name, entry.object('cluster'), resolve)),
    users: entries(root, 'users').map(({ name, entry }) => userOf(name, entry.object('user'), resolve)),
    contexts: entries(root, 'contexts').map(({ name, entry }) => contextOf(name, entry.object('context'))),
    currentContext: root.text('current-context'),
  };
}

function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  // As in Kubernetes, further documents are ignored.
  const [document] = parseAllDocuments(text, {
    ...KUBERNETES_YAML,
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  if (document === undefined) {
    return undefined;
  }
  const invalidAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return new Error(`invalid YAML at line ${line}, column ${col}`);
  };
  const [error] = document.errors ?? [];
  if (error !== undefined) {
    throw invalidAt(error.pos[0]);
  }
  const result = plainValueOf(document);
  if ('offset' in result) {
    throw invalidAt(result.offset);
  }
  return result.value;
}

function entries(root: Fields, list: string): { readonly name: string; readonly entry: Fields }[] {
  const names = new Set<string>();
  return root.objects(list).map((entry) => {
    const name = entry.text('name');
    if (names.has(name)) {
      throw new Error(`${list} contains two entries with the name ${sanitize(name)}`);
    }
    names.add(name);
    return { name, entry };
  });
}

/** Resolves a path in the kubeconfig. */
type Resolve = (path: string) => string;

function clusterOf(name: string, cluster: Fields, resolve: Resolve): KubeCluster {
  const extension = cluster.objects('extensions').find((candidate) => candidate.text('name') === PLUGIN_EXTENSION);
  return {
    name,
    server: cluster.text('server'),
    skipTLSVerify: cluster.flag('insecure-skip-tls-verify'),
    tlsServerName: cluster.text('tls-server-name'),
    caFile: resolve(cluster.text('certificate-authority')),
    caData: cluster.base64('certificate-authority-data'),
    proxyUrl: cluster.text('proxy-url'),
    disableCompression: cluster.flag('disable-compression'),
    pluginConfig: extension?.value('extension'),
  };
}

function userOf(name: string, user: Fields, resolve: Resolve): KubeUser {
  return {
    name,
    certFile: resolve(user.text('client-certificate')),
    certData: user.base64('client-certificate-data'),
    keyFile: resolve(user.text('client-key')),
    keyData: user.base64('client-key-data'),
    token: user.text('token'),
    tokenFile: resolve(user.text('tokenFile')),
    username: user.text('username'),
    password: user.text('password'),
    impersonateUser: user.text('as'),
    impersonateUID: user.text('as-uid'),
    impersonateGroups: user.texts('as-groups'),
    impersonateUserExtra: user.textLists('as-user-extra'),
    ...(user.has('auth-provider') && { authProvider: user.value('auth-provider') }),
    ...(user.has('exec') && { exec: execOf(user.object('exec'), resolve) }),
  };
}

function execOf(exec: Fields, resolve: Resolve): ExecConfig {
  const apiVersion = exec.text('apiVersion');
  const command = exec.text('command');
  const mode = exec.text('interactiveMode') || (LENIENT_VERSIONS.includes(apiVersion) ? 'IfAvailable' : '');
  if (mode !== '' && !INTERACTIVE_MODES.includes(mode)) {
    throw new Error(`${exec.pathOf('interactiveMode')} must be one of ${INTERACTIVE_MODES.join(', ')}`);
  }
  return {
    apiVersion,
    // A command without a separator is found in PATH.
    command: command.includes(sep) ? resolve(command) : command,
    args: exec.texts('args'),
    env: exec.objects('env').map((variable) => ({ name: variable.text('name'), value: variable.text('value') })),
    installHint: exec.text('installHint'),
    provideClusterInfo: exec.flag('provideClusterInfo'),
    interactiveMode: mode === '' ? undefined : (mode as InteractiveMode),
  };
}

function contextOf(name: string, context: Fields): Context {
  return { name, cluster: context.text('cluster'), user: context.text('user'), namespace: context.text('namespace') };
}

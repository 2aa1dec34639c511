import type { KubeObject, Resource } from '../../../kube/resource.ts';
import { NAMESPACES, POLICIES, PROVIDERS } from '../../../kube/resources.ts';
import { listAll } from '../../../kube/watch.ts';
import type { NotifiedPolicy } from '../../../notifications/notices.ts';
import type { NotificationProvider } from '../../../policy/providerResource.gen.ts';
import { sanitize } from '../../../sanitize.ts';
import type { KubeFlags } from '../../commands/flags.ts';
import { CliError } from '../../exit.ts';
import { connectToCluster } from '../connectToCluster.ts';
import { readSources } from '../manifests.ts';

/** NotificationProvider of a cluster or a file. */
export type ProviderManifest = Partial<NotificationProvider>;

/** Providers, and the policies whose notices they select. */
export interface NotifyInputs {
  readonly providers: readonly ProviderManifest[];
  readonly policies: readonly NotifiedPolicy[];
  /** Returns the labels of a namespace. Undefined if it isn't known. */
  readonly labelsOf: (namespace: string) => Readonly<Record<string, string>> | undefined;
}

/** Reads providers, policies, and namespaces from files, and those that the files don't contain from the cluster. */
export async function readInputs(
  filename: readonly string[] | undefined,
  flags: KubeFlags,
  signal: AbortSignal,
): Promise<NotifyInputs> {
  const files = filename === undefined ? [] : await resourcesIn(filename);
  const ofKind = <T>(kind: string) => files.filter((one) => one.kind === kind) as T[];
  const fileProviders = ofKind<ProviderManifest>('NotificationProvider');
  const filePolicies = ofKind<NotifiedPolicy>('WorkspaceApplicationPolicy');
  const fileNamespaces = ofKind<KubeObject>('Namespace');
  const cluster = filePolicies.length === 0 ? connectToCluster(flags) : undefined;
  const { namespace } = flags;
  const list = async <T extends KubeObject>(resource: Resource): Promise<T[]> => {
    const scope = { resource, namespace: resource.namespaced ? namespace : undefined };
    return cluster === undefined ? [] : (await listAll<T>(cluster.client, scope, signal)).items;
  };
  const policies = filePolicies.length > 0 ? filePolicies : await list<KubeObject & NotifiedPolicy>(POLICIES);
  const namespaces = fileNamespaces.length > 0 ? fileNamespaces : await list(NAMESPACES);
  const labels = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  return {
    providers: filename === undefined ? ((await list(PROVIDERS)) as ProviderManifest[]) : fileProviders,
    policies: policies.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
    labelsOf: (namespace) => labels.get(namespace),
  };
}

async function resourcesIn(paths: readonly string[]): Promise<{ readonly kind?: unknown }[]> {
  const { resources, broken } = await readSources(paths, false);
  const [first] = broken;
  if (first !== undefined) {
    throw new CliError(`${sanitize(first.file)}:${first.position.line}: ${first.message}`);
  }
  return resources.map(({ value }) => Object(value));
}

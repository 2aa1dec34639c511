/** Resource of the Kubernetes API, as described by API discovery. */
export interface Resource {
  /** API group. Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lowercase plural, as in URLs and RBAC rules. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Members of ObjectMeta that wsap reads or passes on. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** Resource or object in a URL. */
export interface ResourcePath {
  readonly resource: Resource;
  /** Namespace. Undefined for cluster-scoped resources and for all namespaces of a namespaced one. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** Returns the apiVersion, for example, `wsap.dev/v1alpha1`, or `v1` in the core group. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/**
 * Returns the name in `kubectl` and RBAC messages, for example, `workspaceapplicationpolicies.wsap.dev`, with `/status`
 * for a subresource.
 */
export function qualifiedName({ resource, subresource }: ResourcePath): string {
  const plural = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  return resource.group === '' ? plural : `${plural}.${resource.group}`;
}

/** Returns the path of the URL on the API server. */
export function urlPath({ resource, namespace, name, subresource }: ResourcePath): string {
  const root = resource.group === '' ? ['api'] : ['apis', resource.group];
  const scope = namespace === undefined ? [] : ['namespaces', namespace];
  const object = [name, subresource].filter((segment) => segment !== undefined);
  const segments = [...root, resource.version, ...scope, resource.plural, ...object];
  return `/${segments.map(encodeURIComponent).join('/')}`;
}

/** Returns `namespace/name`, or `name` if there is no namespace: client-go's MetaNamespaceKeyFunc. */
export function objectKey(metadata: Pick<ObjectMeta, 'name' | 'namespace'>): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}

/** Whether the first version of an object is older than the second. Versions are growing numbers (KEP-5504). */
export function isOlder(first: Pick<KubeObject, 'metadata'>, second: Pick<KubeObject, 'metadata'>): boolean {
  return versionOf(first) < versionOf(second);
}

function versionOf({ metadata: { resourceVersion = '' } }: Pick<KubeObject, 'metadata'>): bigint {
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}

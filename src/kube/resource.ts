/** One resource of the Kubernetes API, as API discovery describes it. */
export interface Resource {
  /** API group; the empty string is the core group. */
  readonly group: string;
  readonly version: string;
  /** Lowercase plural, as in URLs and RBAC rules. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The part of ObjectMeta that this machinery reads or hands on. */
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

/** A resource, or one object of it, in a URL. */
export interface ResourcePath {
  readonly resource: Resource;
  /** Undefined for cluster-scoped resources, and for all namespaces of a namespaced one. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** `wsap.dev/v1alpha1`, or `v1` in the core group. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** `workspaceapplicationpolicies.wsap.dev`, as kubectl and RBAC messages name it; with `/status` for a subresource. */
export function qualifiedName({ resource, subresource }: ResourcePath): string {
  const plural = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  return resource.group === '' ? plural : `${plural}.${resource.group}`;
}

/** The URL's path below the API server's address. */
export function urlPath({ resource, namespace, name, subresource }: ResourcePath): string {
  const root = resource.group === '' ? ['api'] : ['apis', resource.group];
  const scope = namespace === undefined ? [] : ['namespaces', namespace];
  const object = [name, subresource].filter((segment) => segment !== undefined);
  const segments = [...root, resource.version, ...scope, resource.plural, ...object];
  return `/${segments.map(encodeURIComponent).join('/')}`;
}

/** `namespace/name`, or `name` in no namespace: client-go's MetaNamespaceKeyFunc. */
export function objectKey(metadata: Pick<ObjectMeta, 'name' | 'namespace'>): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}

/** Whether one version of an object came before another: versions of a resource are numbers that grow (KEP-5504). */
export function isOlder(one: Pick<KubeObject, 'metadata'>, other: Pick<KubeObject, 'metadata'>): boolean {
  return versionOf(one) < versionOf(other);
}

function versionOf({ metadata: { resourceVersion = '' } }: Pick<KubeObject, 'metadata'>): bigint {
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}

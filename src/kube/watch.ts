import { sanitize } from '../sanitize.ts';
import type { ApiClient } from './apiClient.ts';
import { ApiError, messageOf, type ResourceAccess } from './apiError.ts';
import type { KubeObject, Resource } from './resource.ts';

/** Objects per page, as in client-go's pager. */
const LIST_LIMIT = 500;

/** Objects to list and watch: a resource in one namespace or in all. */
export interface Scope {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  /** Label selector, for example, `app.kubernetes.io/managed-by=wsap`. */
  readonly labelSelector?: string | undefined;
}

export interface ResourceList<T extends KubeObject> {
  readonly items: T[];
  /** Version from which a watch continues after this list. */
  readonly resourceVersion: string;
}

/** Watch event. A bookmark contains only a resourceVersion. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** Error after which the position in the event stream is unknown. The resource must be listed again. */
class UntrustedWatchError extends Error {
  override readonly name = 'UntrustedWatchError';
}

export interface ListOptions {
  /** Requested content type, for example, `METADATA_ONLY.list`. */
  readonly accept?: string;
}

/**
 * Lists all objects in the scope over all pages, consistent at one point in time. Never returns a partial list. Rejects
 * with ApiError.
 */
export async function listAll<T extends KubeObject>(
  client: ApiClient,
  scope: Scope,
  signal: AbortSignal,
  { accept }: ListOptions = {},
): Promise<ResourceList<T>> {
  const access: ResourceAccess = { ...scope, verb: 'list' };
  const items: T[] = [];
  let token: string | undefined;
  for (;;) {
    const query = { limit: String(LIST_LIMIT), continue: token, labelSelector: scope.labelSelector };
    const page = await client.request<ListPage | null>({ ...access, query, accept, signal });
    const { resourceVersion, continue: next } = page?.metadata ?? {};
    // An empty metadata list is null (observed with Kubernetes 1.37).
    const pageItems = page?.items === null ? [] : page?.items;
    if (!Array.isArray(pageItems) || !isText(resourceVersion)) {
      throw ApiError.unanswered(access, "the response isn't a list with a resourceVersion");
    }
    for (const item of pageItems) {
      items.push(toObject(item, access));
    }
    if (!isText(next)) {
      return { items, resourceVersion };
    }
    if (next === token) {
      throw ApiError.unanswered(access, 'the list repeats a page');
    }
    token = next;
  }
}

export interface WatchOptions {
  readonly resourceVersion: string;
  /** Time after which the server ends the watch, in seconds. */
  readonly timeoutSeconds: number;
  /** Time without events and bookmarks after which the watch ends, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Called when the server accepts the watch. */
  readonly onOpen?: () => void;
}

/**
 * Yields events since `resourceVersion` until the server ends the watch or sends nothing for the idle timeout. Rejects
 * with ApiError if the watch failed and can be resumed, and with UntrustedWatchError for ERROR events and for unknown
 * or unparsable events.
 */
export async function* watchEvents<T extends KubeObject>(
  client: ApiClient,
  scope: Scope,
  { resourceVersion, timeoutSeconds, idleTimeoutMs, onOpen }: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const access: ResourceAccess = { ...scope, verb: 'watch' };
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(timeoutSeconds),
    labelSelector: scope.labelSelector,
  };
  for await (const line of client.lines({ ...access, query, signal }, idleTimeoutMs, onOpen)) {
    if (line !== '') {
      yield parseEvent(line, access);
    }
  }
}

interface ListPage {
  readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown };
  readonly items?: unknown;
}

function parseEvent<T extends KubeObject>(line: string, access: ResourceAccess): WatchEvent<T> {
  const { type, object } = parseLine(line, access);
  if (type === 'ERROR') {
    throw new UntrustedWatchError(ApiError.ofStatus(access, object).message);
  }
  if (type === 'BOOKMARK') {
    return { type, resourceVersion: resourceVersionOf(object, access) };
  }
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
    return { type, object: toObject(object, access), resourceVersion: resourceVersionOf(object, access) };
  }
  throw untrusted(access, `an event of the unknown type ${JSON.stringify(type)}`);
}

function parseLine(line: string, access: ResourceAccess): { readonly type?: unknown; readonly object?: unknown } {
  try {
    return JSON.parse(line) ?? {};
  } catch (error) {
    throw untrusted(access, `an event that can't be read (${messageOf(error)})`);
  }
}

function toObject<T extends KubeObject>(value: unknown, access: ResourceAccess): T {
  const { name, namespace } = metadataOf(value);
  if (!isText(name)) {
    throw untrusted(access, 'an object without metadata.name');
  }
  if (access.resource.namespaced && !isText(namespace)) {
    throw untrusted(access, `the object ${name} without metadata.namespace`);
  }
  return value as T;
}

function resourceVersionOf(value: unknown, access: ResourceAccess): string {
  const { resourceVersion } = metadataOf(value);
  if (!isText(resourceVersion)) {
    throw untrusted(access, 'an event without metadata.resourceVersion');
  }
  return resourceVersion;
}

function metadataOf(value: unknown): { name?: unknown; namespace?: unknown; resourceVersion?: unknown } {
  return (value as { metadata?: object } | null | undefined)?.metadata ?? {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function untrusted(access: ResourceAccess, description: string): UntrustedWatchError {
  return new UntrustedWatchError(
    sanitize(`cannot ${access.verb} ${access.resource.plural}: the API server sent ${description}`, 512),
  );
}

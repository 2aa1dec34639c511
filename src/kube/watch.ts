import { sanitize } from '../sanitize.ts';
import type { ApiClient } from './apiClient.ts';
import { ApiError, messageOf, type ResourceAccess } from './apiError.ts';
import type { KubeObject, Resource } from './resource.ts';

/** Objects a page, as client-go's pager asks for. */
const PAGE_SIZE = 500;

/** What is listed and watched: a resource, in one namespace or everywhere. */
export interface Scope {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  /** Only objects with these labels, as `app.kubernetes.io/managed-by=wsap`. */
  readonly labelSelector?: string | undefined;
}

export interface ResourceList<T extends KubeObject> {
  readonly items: T[];
  /** Where a watch goes on from this list. */
  readonly resourceVersion: string;
}

/** An event of a watch; a bookmark only moves the position. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** An answer after which the position in the stream of events can't be trusted any more: only a new list helps. */
export class UntrustedWatchError extends Error {
  override readonly name = 'UntrustedWatchError';
}

export interface ListOptions {
  /** What is wanted of each object: METADATA_ONLY.list. */
  readonly accept?: string;
}

/** Every object in the scope, over all pages, as of one moment; a part is never passed off as the whole. Rejects with ApiError. */
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
    const query = { limit: String(PAGE_SIZE), continue: token, labelSelector: scope.labelSelector };
    const page = await client.request<ListPage | null>({ ...access, query, accept, signal });
    const { resourceVersion, continue: next } = page?.metadata ?? {};
    // An empty list of metadata is null (seen with Kubernetes 1.37).
    const found = page?.items === null ? [] : page?.items;
    if (!Array.isArray(found) || !isText(resourceVersion)) {
      throw ApiError.unanswered(access, "the answer isn't a list with a resourceVersion");
    }
    for (const item of found) {
      items.push(objectIn(item, access));
    }
    if (!isText(next)) {
      return { items, resourceVersion };
    }
    if (next === token) {
      throw ApiError.unanswered(access, 'the list repeats a page without end');
    }
    token = next;
  }
}

export interface WatchOptions {
  readonly resourceVersion: string;
  /** After how many seconds the server shall end the watch. */
  readonly timeoutSeconds: number;
  /** After how many milliseconds without an event or a bookmark the watch ends. */
  readonly idleTimeoutMs: number;
  /** Called when the server has accepted the watch. */
  readonly onOpen?: () => void;
}

/**
 * Events since `resourceVersion`, until the server ends the watch or falls silent. Rejects with ApiError when the watch failed and may be resumed, and
 * with UntrustedWatchError for ERROR events, unknown ones and those that can't be read.
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
      yield eventOf(line, access);
    }
  }
}

interface ListPage {
  readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown };
  readonly items?: unknown;
}

function eventOf<T extends KubeObject>(line: string, access: ResourceAccess): WatchEvent<T> {
  const { type, object } = parsed(line, access);
  if (type === 'ERROR') {
    throw new UntrustedWatchError(ApiError.ofStatus(access, object).message);
  }
  if (type === 'BOOKMARK') {
    return { type, resourceVersion: resourceVersionOf(object, access) };
  }
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
    return { type, object: objectIn(object, access), resourceVersion: resourceVersionOf(object, access) };
  }
  throw untrusted(access, `an event of the unknown type ${JSON.stringify(type)}`);
}

function parsed(line: string, access: ResourceAccess): { readonly type?: unknown; readonly object?: unknown } {
  try {
    return JSON.parse(line) ?? {};
  } catch (error) {
    throw untrusted(access, `an event that can't be read (${messageOf(error)})`);
  }
}

function objectIn<T extends KubeObject>(value: unknown, access: ResourceAccess): T {
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

function untrusted(access: ResourceAccess, what: string): UntrustedWatchError {
  return new UntrustedWatchError(
    sanitize(`cannot ${access.verb} ${access.resource.plural}: the API server sent ${what}`, 512),
  );
}

import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { type ApiClient, COMPONENT, METADATA_ONLY, PATCH } from '../kube/apiClient.ts';
import { ApiError } from '../kube/apiError.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta, objectKey, type Resource } from '../kube/resource.ts';
import { listAll } from '../kube/watch.ts';
import type { ResultChunk } from './resultChunks.ts';
import type { ReportResult } from './results.ts';

/** Owner of reports. Kubernetes deletes the reports with it. */
export interface ReportOwner {
  readonly resource: Resource;
  readonly metadata: Required<Pick<ObjectMeta, 'name' | 'namespace' | 'uid'>>;
}

/** Number of objects that were changed to bring the reports up to date. */
export interface ReportChanges {
  readonly written: number;
  readonly deleted: number;
}

/** Timestamp of protobuf, which the CRDs use. */
interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

interface ReportObject extends KubeObject {
  metadata: ObjectMeta & { readonly ownerReferences?: readonly object[] };
  readonly results?: readonly (Partial<ReportResult> & { readonly timestamp?: Timestamp })[];
  readonly summary?: object;
}

/** Last written state of a report: hash of its content without times, and its version. */
interface WrittenReport {
  readonly content: string;
  readonly resourceVersion: string | undefined;
}

/** Reports of an owner that this process wrote or compared, by name. */
interface KnownReports {
  readonly uid: string;
  readonly kind: Resource;
  readonly byName: Map<string, WrittenReport>;
}

/** Maximum length of a label value. */
const MAX_LABEL = 63;
/** Status codes with which the API server rejects one object; others may be valid. */
const UNACCEPTABLE = [400, 413, 422];

/** Keeps the report objects of owners up to date, and writes only what changed. Its methods reject with ApiError. */
export class ReportWriter {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  /** Known reports, by the key of the owner. */
  readonly #known = new Map<string, KnownReports>();

  constructor(client: ApiClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * Makes the reports of an owner hold exactly these chunks, one per object. Calls `chunks` twice if something changed, so that only one
   * chunk is in memory. A chunk that the API server rejects doesn't stop the others.
   */
  async write(
    kind: Resource,
    owner: ReportOwner,
    chunks: () => Iterable<ResultChunk>,
    signal: AbortSignal,
  ): Promise<ReportChanges> {
    const known = this.#knownReports(kind, owner);
    const listed = await this.#list(kind, owner, signal);
    const wanted = new Map<string, string>();
    for await (const { prefix, results } of inTurns(chunks())) {
      wanted.set(nameFor(owner, prefix), hash('sha256', JSON.stringify(results)));
    }
    const outdated = [...wanted].filter(([name, content]) => {
      const written = known.get(name);
      return written?.content !== content || written.resourceVersion !== listed.get(name);
    });
    const surplus = [...listed.keys()].filter((name) => !wanted.has(name));
    const hasNew = outdated.some(([name]) => !listed.has(name));
    const times = hasNew ? await this.#timesIn(kind, owner, surplus, signal) : new Map<string, Timestamp>();
    // Deletes first, because Policy Reporter rejects a result that is in two reports.
    for (const name of surplus) {
      await this.#delete(kind, owner, name, signal);
      known.delete(name);
    }
    const contents = new Map(outdated);
    let written = 0;
    let refusal: ApiError | undefined;
    for await (const chunk of contents.size === 0 ? [] : inTurns(chunks())) {
      const name = nameFor(owner, chunk.prefix);
      const content = contents.get(name);
      if (content === undefined) {
        continue;
      }
      try {
        const current = listed.has(name) ? await this.#get(kind, owner, name, signal) : undefined;
        const next = reportOf(kind, owner, chunk, new Map([...times, ...timesOf(current)]), this.#clock.now());
        const isUpToDate = current !== undefined && isSame(current, next);
        const { metadata } = isUpToDate ? current : await this.#apply(kind, next, signal);
        known.set(name, { content, resourceVersion: metadata.resourceVersion });
        written += isUpToDate ? 0 : 1;
      } catch (error) {
        if (!(error instanceof ApiError && UNACCEPTABLE.includes(error.code ?? 0))) {
          throw error;
        }
        refusal ??= error;
      }
    }
    if (refusal !== undefined) {
      throw refusal;
    }
    return { written, deleted: surplus.length };
  }

  /** Deletes all reports of an owner of this kind. */
  async remove(kind: Resource, owner: ReportOwner, signal: AbortSignal): Promise<void> {
    for (const name of (await this.#list(kind, owner, signal)).keys()) {
      await this.#delete(kind, owner, name, signal);
    }
  }

  /** Forgets the known reports of an owner, by its key. */
  forget(ownerKey: string): void {
    this.#known.delete(ownerKey);
  }

  #knownReports(kind: Resource, { metadata }: ReportOwner): Map<string, WrittenReport> {
    const key = objectKey(metadata);
    const known = this.#known.get(key);
    if (known?.uid === metadata.uid && known.kind === kind) {
      return known.byName;
    }
    const byName = new Map<string, WrittenReport>();
    this.#known.set(key, { uid: metadata.uid, kind, byName });
    return byName;
  }

  /** Returns the versions of the existing reports, by name. */
  async #list(kind: Resource, owner: ReportOwner, signal: AbortSignal) {
    const { namespace } = owner.metadata;
    const labelSelector = Object.entries(identifyingLabels(owner))
      .map(([name, value]) => `${name}=${value}`)
      .join();
    const scope = { resource: kind, namespace, labelSelector };
    const { items } = await listAll<KubeObject>(this.#client, scope, signal, { accept: METADATA_ONLY.list });
    return new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  }

  /** Returns the times of the results in these reports. */
  async #timesIn(kind: Resource, owner: ReportOwner, names: readonly string[], signal: AbortSignal) {
    const times = new Map<string, Timestamp>();
    for (const name of names) {
      for (const [key, time] of timesOf(await this.#get(kind, owner, name, signal))) {
        times.set(key, time);
      }
    }
    return times;
  }

  async #get(kind: Resource, owner: ReportOwner, name: string, signal: AbortSignal): Promise<ReportObject | undefined> {
    const { namespace } = owner.metadata;
    try {
      return await this.#client.request<ReportObject>({ verb: 'get', resource: kind, namespace, name, signal });
    } catch (error) {
      if (isGone(error)) {
        return undefined;
      }
      throw error;
    }
  }

  #apply(kind: Resource, report: ReportObject, signal: AbortSignal): Promise<KubeObject> {
    const { name, namespace } = report.metadata;
    return this.#client.request<KubeObject>({
      verb: 'patch',
      resource: kind,
      namespace,
      name,
      query: { fieldManager: COMPONENT, force: 'true' },
      contentType: PATCH.apply,
      accept: METADATA_ONLY.object,
      body: report,
      signal,
    });
  }

  async #delete(kind: Resource, owner: ReportOwner, name: string, signal: AbortSignal): Promise<void> {
    const { namespace } = owner.metadata;
    try {
      await this.#client.request({ verb: 'delete', resource: kind, namespace, name, signal });
    } catch (error) {
      if (!isGone(error)) {
        throw error;
      }
    }
  }
}

/**
 * Returns a readable name that no other owner's report has: truncated names, and names that end like a chunk's, differ in the hash. It is
 * the hash of the UID, because the reports of a deleted policy may still exist when a policy of the same name is created.
 */
function nameFor({ metadata: { name, uid } }: ReportOwner, prefix: string): string {
  const readable = name.replaceAll('.', '-').slice(0, 32);
  return ['wsap', readable, hash('sha256', uid).slice(0, 8), prefix].filter((part) => part !== '').join('-');
}

function identifyingLabels({ metadata }: ReportOwner): Record<string, string> {
  return { 'app.kubernetes.io/managed-by': 'wsap', 'wsap.dev/policy-uid': metadata.uid };
}

function reportOf(
  kind: Resource,
  owner: ReportOwner,
  { prefix, results, summary }: ResultChunk,
  times: ReadonlyMap<string, Timestamp>,
  now: Date,
): ReportObject {
  const { name, namespace, uid } = owner.metadata;
  const timestamp = { seconds: Math.floor(now.getTime() / 1000), nanos: 0 };
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      name: nameFor(owner, prefix),
      namespace,
      labels: { ...identifyingLabels(owner), ...(name.length <= MAX_LABEL && { 'wsap.dev/policy': name }) },
      // Without blockOwnerDeletion, which requires the permission to update the finalizers of the owner in some clusters (OpenShift).
      ownerReferences: [
        { apiVersion: apiVersionOf(owner.resource), kind: owner.resource.kind, name, uid, controller: true },
      ],
    },
    results: results.map((result) => ({ ...result, timestamp: times.get(keyOf(result)) ?? timestamp })),
    summary,
  };
}

/** Returns the time of each result of a report. */
function timesOf(report: ReportObject | undefined): Map<string, Timestamp> {
  return new Map(
    report?.results?.flatMap((result) =>
      result.timestamp === undefined ? [] : [[keyOf(result), result.timestamp] as const],
    ),
  );
}

/** Returns the key of a result. A different outcome is a different result. */
function keyOf({ resources, properties, result }: Partial<ReportResult>): string {
  return `${resources?.[0]?.name} ${properties?.applicationID} ${result}`;
}

/** Whether a report is up to date. Additional labels don't matter. */
function isSame(current: ReportObject, next: ReportObject): boolean {
  const { labels = {} } = current.metadata;
  const parts = ({ metadata, results, summary }: ReportObject) => [metadata.ownerReferences, results, summary];
  return (
    Object.entries(next.metadata.labels ?? {}).every(([name, value]) => labels[name] === value) &&
    isDeepStrictEqual(parts(current), parts(next))
  );
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404 && error.objectName !== undefined;
}

/** Yields to the event loop after each item, because building the reports of a large fleet takes seconds. */
async function* inTurns<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  for (const item of items) {
    yield item;
    await setImmediate();
  }
}

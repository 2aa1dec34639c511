import type { ApiClient, ApiRequest } from '../../src/kube/apiClient.ts';
import { ApiError } from '../../src/kube/apiError.ts';
import { type KubeObject, objectKey } from '../../src/kube/resource.ts';
import type { ActiveFaults, FaultKind } from './faults.ts';
import type { SimulatedProcess } from './process.ts';
import type { SimulatedTime } from './time.ts';

export type Stored = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

interface Happened {
  readonly revision: number;
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored;
  /** The object as it goes over the wire. */
  readonly json: () => string;
}

interface Kept {
  readonly objects: Map<string, Stored>;
  readonly events: Happened[];
}

interface Pauses {
  readonly pause: (ms: number, plural?: string) => Promise<void>;
  readonly end: () => void;
}

/** Told what passes between a process and the cluster, at the moment it does. */
export interface ClusterObserver {
  /** A process learns of objects: all of a kind, or one that has changed. */
  learnt(process: SimulatedProcess, plural: string, objects: readonly Stored[], isAll: boolean): void;
  forgot(process: SimulatedProcess, plural: string, object: Stored): void;
  heard(process: SimulatedProcess, plural: string): void;
  /** A status has been written, in a request that was sent at that time. */
  statusWritten(process: SimulatedProcess, object: Stored, sentAt: number): void;
}

const LATENCY = 5;
/** Kinds whose writes matter to nobody here. */
const IGNORED = new Set(['events']);

/** An API server in memory. Every request takes its time, and meets the faults that are at work. */
export class SimulatedCluster {
  readonly #time: SimulatedTime;
  readonly #faults: ActiveFaults;
  readonly #observer: ClusterObserver;
  readonly #boundary: (process: SimulatedProcess) => boolean;
  readonly #kinds = new Map<string, Kept>();
  readonly #watches = new Map<() => void, string>();
  readonly #writtenAt = new Map<string, number>();
  /** Milliseconds between the bookmarks of a watch. */
  bookmarksEvery = 80_000;
  #revision = 1;
  #uids = 0;
  #expiredAt = 0;

  constructor(
    time: SimulatedTime,
    faults: ActiveFaults,
    observer: ClusterObserver,
    boundary: (process: SimulatedProcess) => boolean,
  ) {
    this.#time = time;
    this.#faults = faults;
    this.#observer = observer;
    this.#boundary = boundary;
  }

  get(plural: string, key: string): Stored | undefined {
    return this.#kept(plural).objects.get(key);
  }

  /** When an object was written last, in milliseconds from the beginning. */
  writtenAt(plural: string, key: string): number | undefined {
    return this.#writtenAt.get(`${plural} ${key}`);
  }

  list(plural: string): Stored[] {
    return [...this.#kept(plural).objects.values()];
  }

  /** As `kubectl apply`: creates the object, or gives it another spec. */
  apply(plural: string, object: Stored): void {
    const key = objectKey(object.metadata);
    const known = this.get(plural, key);
    if (known === undefined) {
      const metadata = { ...object.metadata, uid: `uid-${++this.#uids}`, generation: 1 };
      this.#put(plural, 'ADDED', { ...copied(object), metadata });
      return;
    }
    const isSame = JSON.stringify(known.spec) === JSON.stringify(object.spec);
    const generation = (known.metadata.generation ?? 0) + (isSame ? 0 : 1);
    const metadata = { ...known.metadata, ...object.metadata, uid: known.metadata.uid ?? '', generation };
    this.#put(plural, 'MODIFIED', { ...known, ...copied(object), metadata });
  }

  annotate(plural: string, key: string, annotations: Record<string, string>): void {
    const known = this.get(plural, key);
    if (known !== undefined) {
      const metadata = { ...known.metadata, annotations: { ...known.metadata.annotations, ...annotations } };
      this.#put(plural, 'MODIFIED', { ...known, metadata });
    }
  }

  remove(plural: string, key: string): void {
    const known = this.get(plural, key);
    if (known !== undefined) {
      this.#put(plural, 'DELETED', known);
    }
  }

  /** Ends every watch with 410 Gone. */
  expireWatches(): void {
    this.#expiredAt = this.#revision;
    this.#wake();
  }

  #wake(plural?: string): void {
    for (const [wake, watched] of [...this.#watches]) {
      if (plural === undefined || plural === watched) {
        wake();
      }
    }
  }

  /** The API server as a process reaches it. */
  clientOf(process: SimulatedProcess, timeoutMs: number): ApiClient {
    const client = {
      request: (request: ApiRequest) => this.#request(process, timeoutMs, request),
      lines: (request: ApiRequest, silenceMs: number, onOpen?: () => void) =>
        this.#lines(process, request, silenceMs, onOpen),
    };
    return client as unknown as ApiClient;
  }

  #request(process: SimulatedProcess, timeoutMs: number, request: ApiRequest): Promise<unknown> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      if (!process.isAlive || this.#boundary(process)) {
        return;
      }
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sentAt = this.#time.elapsed;
      let isOpen = true;
      const end = (action: () => void) => {
        if (isOpen) {
          isOpen = false;
          signal?.removeEventListener('abort', onAbort);
          action();
        }
      };
      const onAbort = () => end(() => reject(signal?.reason));
      signal?.addEventListener('abort', onAbort, { once: true });
      const answer = (ms: number, action: () => void) =>
        this.#time.after(ms, () =>
          process.deliver(() => {
            end(action);
            this.#boundary(process);
          }),
        );
      const unanswered = (ms: number) =>
        answer(ms, () => reject(ApiError.unanswered(request, 'the connection was lost')));
      this.#time.after(LATENCY, () => {
        if (this.#faults.strikes('ApiSilent') ?? (request.verb === 'list' && this.#faults.strikes('DeafWatches'))) {
          unanswered(timeoutMs);
          return;
        }
        const isStatus = request.subresource === 'status';
        if (this.#faults.strikes('ApiErrors') || (isStatus && this.#faults.strikes('StatusRefused'))) {
          answer(LATENCY, () => reject(new ApiError(request, { code: 500, text: 'etcdserver: no leader' })));
          return;
        }
        let result: unknown;
        try {
          result = this.#carryOut(process, request, sentAt);
        } catch (error) {
          answer(LATENCY, () => reject(error));
          return;
        }
        if (process.isAlive && this.#boundary(process)) {
          return;
        }
        if (request.verb !== 'list' && request.verb !== 'get' && this.#faults.strikes('LostWrites')) {
          unanswered(1_000);
          return;
        }
        answer(LATENCY, () => {
          if (request.verb === 'list' && request.resource.plural !== 'leases') {
            const { items } = result as { items: Stored[] };
            this.#observer.learnt(process, request.resource.plural, items, true);
          }
          resolve(result);
        });
      });
    });
  }

  #carryOut(process: SimulatedProcess, request: ApiRequest, sentAt: number): unknown {
    const { verb, resource, namespace, name = '', body } = request;
    const { plural } = resource;
    if (IGNORED.has(plural)) {
      return {};
    }
    const key = objectKey({ name, ...(namespace !== undefined && { namespace }) });
    const known = this.get(plural, key);
    const given = body as Stored & { preconditions?: { resourceVersion?: string } };
    const refuse = (code: number, reason: string) =>
      new ApiError(request, { code, reason, objectName: name, text: reason });
    switch (verb) {
      case 'list':
        return this.#listAsOf(plural, this.#revision - (plural === 'leases' ? 0 : this.#staleness()));
      case 'create': {
        const createdKey = objectKey(given.metadata);
        if (this.get(plural, createdKey) !== undefined) {
          throw refuse(409, 'AlreadyExists');
        }
        this.apply(plural, copied(given));
        return this.get(plural, createdKey);
      }
      case 'get':
        if (known === undefined) {
          throw refuse(404, 'NotFound');
        }
        return known;
      default: {
        if (known === undefined) {
          throw refuse(404, 'NotFound');
        }
        const expected = given.preconditions?.resourceVersion ?? given.metadata?.resourceVersion;
        if (expected !== undefined && expected !== known.metadata.resourceVersion) {
          throw refuse(409, 'Conflict');
        }
        if (verb === 'delete') {
          this.remove(plural, key);
          return {};
        }
        if (request.subresource === 'status') {
          this.#put(plural, 'MODIFIED', { ...known, status: copied(given.status ?? {}) });
          this.#observer.statusWritten(process, this.get(plural, key) as Stored, sentAt);
        } else {
          const metadata = { ...known.metadata, ...given.metadata };
          this.#put(plural, 'MODIFIED', { ...known, ...copied(given), metadata });
        }
        return this.get(plural, key);
      }
    }
  }

  async *#lines(
    process: SimulatedProcess,
    request: ApiRequest,
    silenceMs: number,
    onOpen: (() => void) | undefined,
  ): AsyncGenerator<string, void, undefined> {
    const { signal } = request;
    const pause = this.#pauses(process, signal);
    try {
      yield* this.#events(process, request, silenceMs, onOpen, pause);
    } finally {
      pause.end();
    }
  }

  async *#events(
    process: SimulatedProcess,
    request: ApiRequest,
    silenceMs: number,
    onOpen: (() => void) | undefined,
    { pause }: Pauses,
  ): AsyncGenerator<string, void, undefined> {
    const { query = {} } = request;
    const { plural } = request.resource;
    const { events } = this.#kept(plural);
    await pause(LATENCY);
    let position = Number(query.resourceVersion);
    if (['ApiSilent', 'ApiErrors', 'DeafWatches'].some((kind) => this.#faults.strikes(kind as FaultKind))) {
      throw ApiError.unanswered(request, 'the connection was refused');
    }
    if (position < this.#expiredAt) {
      throw new ApiError(request, { code: 410, reason: 'Expired', text: 'too old resource version' });
    }
    onOpen?.();
    this.#observer.heard(process, plural);
    const opened = this.#time.elapsed;
    const endsAt = opened + Number(query.timeoutSeconds) * 1_000;
    let bookmarkAt = opened + this.bookmarksEvery;
    let heardAt = opened;
    let index = events.findIndex(({ revision }) => revision > position);
    index = index === -1 ? events.length : index;
    for (;;) {
      const now = this.#time.elapsed;
      if (now >= endsAt || now - heardAt >= silenceMs) {
        return;
      }
      if (position < this.#expiredAt && this.#expiredAt > Number(query.resourceVersion)) {
        yield JSON.stringify({
          type: 'ERROR',
          object: { kind: 'Status', code: 410, message: 'too old resource version' },
        });
        return;
      }
      const event = events[index];
      const lag = this.#faults.strikes('LateEvents')?.amount ?? LATENCY;
      const dueAt = event === undefined ? Number.POSITIVE_INFINITY : event.at + lag;
      const isSilent = (this.#faults.strikes('ApiSilent') ?? this.#faults.strikes('DeafWatches')) !== undefined;
      if (!isSilent && event !== undefined && dueAt <= now) {
        index++;
        position = event.revision;
        heardAt = now;
        if (plural !== 'leases') {
          this.#tell(process, plural, event);
        }
        yield `{"type":"${event.type}","object":${event.json()}}`;
        continue;
      }
      if (!isSilent && bookmarkAt <= now) {
        bookmarkAt = now + this.bookmarksEvery;
        heardAt = now;
        if (event === undefined) {
          position = this.#revision;
        }
        this.#observer.heard(process, plural);
        yield JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(position) } } });
        continue;
      }
      const next = isSilent ? now + 5_000 : Math.min(dueAt, bookmarkAt);
      await pause(Math.min(next, endsAt, heardAt + silenceMs) - now, plural);
    }
  }

  #tell(process: SimulatedProcess, plural: string, { type, object }: Happened): void {
    if (type === 'DELETED') {
      this.#observer.forgot(process, plural, object);
    } else {
      this.#observer.learnt(process, plural, [object], false);
    }
  }

  /** Waits in a process, each at most until something has happened to a kind. They reject once the signal is aborted. */
  #pauses(process: SimulatedProcess, signal: AbortSignal | undefined): Pauses {
    let wake: (() => void) | undefined;
    const onAbort = () => wake?.();
    signal?.addEventListener('abort', onAbort, { once: true });
    return {
      pause: (ms, plural) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) {
            reject(signal.reason);
            return;
          }
          const end = () => {
            callOff();
            this.#watches.delete(end);
            wake = undefined;
            process.deliver(() => (signal?.aborted ? reject(signal.reason) : resolve()));
          };
          wake = end;
          const callOff = this.#time.after(ms, end);
          if (plural !== undefined) {
            this.#watches.set(end, plural);
          }
        }),
      end: () => signal?.removeEventListener('abort', onAbort),
    };
  }

  #staleness(): number {
    return this.#faults.strikes('StaleLists')?.amount ?? 0;
  }

  #listAsOf(plural: string, revision: number) {
    const { objects, events } = this.#kept(plural);
    const metadata = { resourceVersion: String(Math.max(1, revision, this.#expiredAt)) };
    if (revision >= this.#revision) {
      return { metadata, items: [...objects.values()].map(copied) };
    }
    const then = new Map<string, Stored>();
    for (const { revision: at, type, object } of events) {
      if (at <= Number(metadata.resourceVersion)) {
        if (type === 'DELETED') {
          then.delete(objectKey(object.metadata));
        } else {
          then.set(objectKey(object.metadata), object);
        }
      }
    }
    return { metadata, items: [...then.values()].map(copied) };
  }

  #put(plural: string, type: Happened['type'], object: Stored): void {
    const { objects, events } = this.#kept(plural);
    const revision = ++this.#revision;
    const stored = frozen({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
    const key = objectKey(object.metadata);
    if (type === 'DELETED') {
      objects.delete(key);
    } else {
      objects.set(key, stored);
    }
    this.#writtenAt.set(`${plural} ${key}`, this.#time.elapsed);
    events.push({ revision, at: this.#time.elapsed, type, object: stored, json: once(() => JSON.stringify(stored)) });
    this.#wake(plural);
  }

  #kept(plural: string): Kept {
    const kept = this.#kinds.get(plural) ?? { objects: new Map(), events: [] };
    this.#kinds.set(plural, kept);
    return kept;
  }
}

/** JSON is what goes over the wire, and is copied faster than what structuredClone can. */
function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Nobody's copy is another's, or can be changed by anybody. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) {
    return value;
  }
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

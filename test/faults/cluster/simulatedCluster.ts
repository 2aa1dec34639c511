import { type KubeObject, objectKey } from '../../../src/kube/resource.ts';
import type { SimulatedTime } from '../time.ts';

/** Object in the cluster. */
export type StoredObject = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

/** Event of a watch. */
export interface WatchEvent {
  readonly revision: number;
  /** Milliseconds from the start. */
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
  /** Serialized object, as sent to watches. */
  readonly json: () => string;
}

interface KindStore {
  readonly objects: Map<string, StoredObject>;
  readonly events: WatchEvent[];
}

/** Objects of a cluster with all their revisions, as an API server and etcd keep them. */
export class SimulatedCluster {
  readonly #time: SimulatedTime;
  readonly #kinds = new Map<string, KindStore>();
  /** Callbacks to call on an event, with the resource that each one watches. */
  readonly #listeners = new Map<() => void, string>();
  readonly #writtenAt = new Map<string, number>();
  #revision = 1;
  #uids = 0;
  #expiredAt = 0;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  /** Current revision of the cluster. */
  get revision(): number {
    return this.#revision;
  }

  /** Oldest revision from which a watch can start. */
  get expiredAt(): number {
    return this.#expiredAt;
  }

  get(plural: string, key: string): StoredObject | undefined {
    return this.#kindOf(plural).objects.get(key);
  }

  /** Returns the time of an object's last write, in milliseconds from the start. */
  writtenAt(plural: string, key: string): number | undefined {
    return this.#writtenAt.get(`${plural} ${key}`);
  }

  list(plural: string): StoredObject[] {
    return [...this.#kindOf(plural).objects.values()];
  }

  /** Creates an object or replaces its spec, as `kubectl apply` does. */
  apply(plural: string, object: StoredObject): void {
    const key = objectKey(object.metadata);
    const known = this.get(plural, key);
    if (known === undefined) {
      const metadata = { ...object.metadata, uid: `uid-${++this.#uids}`, generation: 1 };
      this.#put(plural, 'ADDED', { ...copyOf(object), metadata });
      return;
    }
    const isSame = JSON.stringify(known.spec) === JSON.stringify(object.spec);
    const generation = (known.metadata.generation ?? 0) + (isSame ? 0 : 1);
    const metadata = { ...known.metadata, ...object.metadata, uid: known.metadata.uid ?? '', generation };
    this.update(plural, { ...known, ...copyOf(object), metadata });
  }

  annotate(plural: string, key: string, annotations: Record<string, string>): void {
    const known = this.get(plural, key);
    if (known !== undefined) {
      const metadata = { ...known.metadata, annotations: { ...known.metadata.annotations, ...annotations } };
      this.update(plural, { ...known, metadata });
    }
  }

  remove(plural: string, key: string): void {
    const known = this.get(plural, key);
    if (known !== undefined) {
      this.#put(plural, 'DELETED', known);
    }
  }

  /** Replaces an object. */
  update(plural: string, object: StoredObject): void {
    this.#put(plural, 'MODIFIED', object);
  }

  /** Returns all objects of a resource at a revision, or at the oldest revision that is still available. */
  listAsOf(plural: string, revision: number) {
    const { objects, events } = this.#kindOf(plural);
    const metadata = { resourceVersion: String(Math.max(1, revision, this.#expiredAt)) };
    if (revision >= this.#revision) {
      return { metadata, items: [...objects.values()].map(copyOf) };
    }
    const objectsThen = new Map<string, StoredObject>();
    for (const { revision: at, type, object } of events) {
      if (at <= Number(metadata.resourceVersion)) {
        if (type === 'DELETED') {
          objectsThen.delete(objectKey(object.metadata));
        } else {
          objectsThen.set(objectKey(object.metadata), object);
        }
      }
    }
    return { metadata, items: [...objectsThen.values()].map(copyOf) };
  }

  /** Returns all events of a resource. The array grows with later events. */
  events(plural: string): readonly WatchEvent[] {
    return this.#kindOf(plural).events;
  }

  /** Calls `wake` after each event of a resource and after watches expire. Returns a function that stops the calls. */
  onEvent(plural: string, wake: () => void): () => void {
    this.#listeners.set(wake, plural);
    return () => void this.#listeners.delete(wake);
  }

  /** Ends every watch with 410 Gone. */
  expireWatches(): void {
    this.#expiredAt = this.#revision;
    this.#wake();
  }

  #wake(plural?: string): void {
    for (const [wake, watched] of [...this.#listeners]) {
      if (plural === undefined || plural === watched) {
        wake();
      }
    }
  }

  #put(plural: string, type: WatchEvent['type'], object: StoredObject): void {
    const { objects, events } = this.#kindOf(plural);
    const revision = ++this.#revision;
    const stored = frozen({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
    const key = objectKey(object.metadata);
    if (type === 'DELETED') {
      objects.delete(key);
    } else {
      objects.set(key, stored);
    }
    this.#writtenAt.set(`${plural} ${key}`, this.#time.elapsed);
    events.push({ revision, at: this.#time.elapsed, type, object: stored, json: lazy(() => JSON.stringify(stored)) });
    this.#wake(plural);
  }

  #kindOf(plural: string): KindStore {
    const known = this.#kinds.get(plural) ?? { objects: new Map(), events: [] };
    this.#kinds.set(plural, known);
    return known;
  }
}

/** Copies through JSON, which is faster than structuredClone and equals what goes over the wire. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Freezes an object, because all readers share it. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) {
    return value;
  }
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

function lazy<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

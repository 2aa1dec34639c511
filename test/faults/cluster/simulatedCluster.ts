import { type KubeObject, objectKey } from '../../../src/kube/resource.ts';
import type { SimulatedTime } from '../time.ts';

/** An object as the cluster keeps it. */
export type Stored = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

/** Something that happened to an object, as a watch tells it. */
export interface Happened {
  readonly revision: number;
  /** Milliseconds from the beginning. */
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

/** The objects of a cluster and all their revisions, in memory, as an API server and its etcd keep them. */
export class SimulatedCluster {
  readonly #time: SimulatedTime;
  readonly #kinds = new Map<string, Kept>();
  /** Whom to wake when something happens to which kind. */
  readonly #waiting = new Map<() => void, string>();
  readonly #writtenAt = new Map<string, number>();
  #revision = 1;
  #uids = 0;
  #expiredAt = 0;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  /** The last revision of all. */
  get revision(): number {
    return this.#revision;
  }

  /** No watch can begin before this revision any more. */
  get expiredAt(): number {
    return this.#expiredAt;
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
    this.update(plural, { ...known, ...copied(object), metadata });
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

  /** Puts an object in the place of the one that has its name. */
  update(plural: string, object: Stored): void {
    this.#put(plural, 'MODIFIED', object);
  }

  /** All objects of a kind as they were at a revision, or at the earliest one that is still known. */
  listAsOf(plural: string, revision: number) {
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

  /** All that has happened to a kind, to which what happens later is added. */
  events(plural: string): readonly Happened[] {
    return this.#kept(plural).events;
  }

  /** Calls `wake` whenever something has happened to a kind, and once watches have expired. Returns how to call it off. */
  onEvent(plural: string, wake: () => void): () => void {
    this.#waiting.set(wake, plural);
    return () => void this.#waiting.delete(wake);
  }

  /** Ends every watch with 410 Gone. */
  expireWatches(): void {
    this.#expiredAt = this.#revision;
    this.#wake();
  }

  #wake(plural?: string): void {
    for (const [wake, watched] of [...this.#waiting]) {
      if (plural === undefined || plural === watched) {
        wake();
      }
    }
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

/** JSON is what goes over the wire, and is copied faster than by structuredClone. */
export function copied<T>(value: T): T {
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

import { compareBy } from '../compare.ts';
import { apiVersionOf, type KubeObject, objectKey, type Resource } from './resource.ts';

/** The annotation in which `kubectl apply` keeps a second copy of the object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export interface WatchChange<T extends KubeObject> {
  readonly type: 'Added' | 'Modified' | 'Deleted';
  /** Deep-frozen. For a deletion, the last state that is known. */
  readonly object: T;
  /** What the store held before; undefined for an addition. */
  readonly previous?: T;
}

/**
 * The last known state of every object of a resource, by key. Objects are deep-frozen, as all readers share them, and come without
 * `metadata.managedFields` and kubectl's last-applied annotation, which no reader needs and which are most of their size.
 */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #resource: Resource;

  constructor(resource: Resource) {
    this.#resource = resource;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** All objects, by key. */
  list(): T[] {
    return [...this.#objects].sort(compareBy(([key]) => key)).map(([, object]) => object);
  }

  /**
   * Takes over an object that was just read (it is frozen in place). Yields nothing if it is known in this version, and a deletion
   * before the addition where the name now belongs to another object.
   */
  *put(object: T): Generator<WatchChange<T>, void, undefined> {
    const key = objectKey(object.metadata);
    const previous = this.#objects.get(key);
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
      this.#objects.delete(key);
      yield { type: 'Deleted', object: previous, previous };
      yield* this.put(object);
      return;
    }
    if (previous !== undefined && previous.metadata.resourceVersion === object.metadata.resourceVersion) {
      return;
    }
    const kept = deepFreeze(slim(object, this.#resource));
    this.#objects.set(key, kept);
    yield previous === undefined ? { type: 'Added', object: kept } : { type: 'Modified', object: kept, previous };
  }

  /** Forgets an object, given in its final state. */
  *delete(object: T): Generator<WatchChange<T>, void, undefined> {
    const key = objectKey(object.metadata);
    const previous = this.#objects.get(key);
    if (!this.#objects.delete(key) || previous === undefined) {
      return;
    }
    yield { type: 'Deleted', object: deepFreeze(slim(object, this.#resource)), previous };
  }

  /**
   * Makes the store equal to a complete list, one change at a time as they are taken: what isn't listed was deleted while nobody
   * watched. Changes that aren't taken aren't made.
   */
  *replace(objects: readonly T[]): Generator<WatchChange<T>, void, undefined> {
    const listed = new Set(objects.map((object) => objectKey(object.metadata)));
    for (const [key, previous] of [...this.#objects]) {
      if (listed.has(key)) {
        continue;
      }
      this.#objects.delete(key);
      yield { type: 'Deleted', object: previous, previous };
    }
    for (const object of objects) {
      yield* this.put(object);
    }
  }
}

/** Lists of built-in kinds leave out what each item is. */
function slim<T extends KubeObject>(object: T, resource: Resource): T {
  object.apiVersion ??= apiVersionOf(resource);
  object.kind ??= resource.kind;
  if ('managedFields' in object.metadata) {
    delete object.metadata.managedFields;
  }
  delete object.metadata.annotations?.[LAST_APPLIED];
  return object;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) {
    return value;
  }
  for (const member of Object.values(value)) {
    deepFreeze(member);
  }
  return Object.freeze(value);
}

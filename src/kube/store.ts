import { compareBy } from '../compare.ts';
import { apiVersionOf, type KubeObject, objectKey, type Resource } from './resource.ts';

/** Annotation in which `kubectl apply` keeps a copy of the object. */
const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

export interface WatchChange<T extends KubeObject> {
  readonly type: 'Added' | 'Modified' | 'Deleted';
  /** Deeply frozen object. For a deletion, its last known state. */
  readonly object: T;
  /** Object before the change. Undefined for an addition. */
  readonly previous?: T;
}

/** Changes an object before it is stored, as client-go's TransformFunc does. The object still has all of its metadata. */
export type Transform<T extends KubeObject> = (object: T) => void;

/**
 * Last known state of all objects of a resource, by key. Objects are deeply frozen because all readers share them. They
 * omit `metadata.managedFields` and the last-applied annotation of `kubectl`, which are most of their size. A transform
 * can keep what readers need of them.
 */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #resource: Resource;
  readonly #transform: Transform<T> | undefined;

  constructor(resource: Resource, transform?: Transform<T>) {
    this.#resource = resource;
    this.#transform = transform;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** Returns all objects, sorted by key. */
  list(): T[] {
    return [...this.#objects].sort(compareBy(([key]) => key)).map(([, object]) => object);
  }

  /**
   * Stores an object and freezes it in place. Yields nothing for a known version. If the name belongs to a new object,
   * yields a deletion before the addition.
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
    const stored = this.#stored(object);
    this.#objects.set(key, stored);
    yield previous === undefined ? { type: 'Added', object: stored } : { type: 'Modified', object: stored, previous };
  }

  /** Removes an object, given in its final state. */
  *delete(object: T): Generator<WatchChange<T>, void, undefined> {
    const key = objectKey(object.metadata);
    const previous = this.#objects.get(key);
    if (!this.#objects.delete(key) || previous === undefined) {
      return;
    }
    yield { type: 'Deleted', object: this.#stored(object), previous };
  }

  #stored(object: T): T {
    this.#transform?.(object);
    return deepFreeze(trim(object, this.#resource));
  }

  /**
   * Makes the store equal to a complete list. Objects missing in the list were deleted without a watch event. Changes
   * are made one by one as they are consumed; changes that aren't consumed aren't made.
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

/** Removes bulky metadata and adds the apiVersion and kind, which lists of built-in kinds omit. */
function trim<T extends KubeObject>(object: T, resource: Resource): T {
  object.apiVersion ??= apiVersionOf(resource);
  object.kind ??= resource.kind;
  if ('managedFields' in object.metadata) {
    delete object.metadata.managedFields;
  }
  delete object.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
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

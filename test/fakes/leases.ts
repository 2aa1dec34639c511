import { ApiError } from '../../src/kube/apiError.ts';
import { LEASES, type Lease, type LeaseClient, type LeaseSpec } from '../../src/kube/lease.ts';
import type { WatchChange } from '../../src/kube/store.ts';

/** What a replica's view of the API server can suffer. */
interface Link {
  /** Whether requests get an answer. */
  isUp: boolean;
  readonly observe: (change: WatchChange<Lease>) => void;
}

/** The Leases of a namespace as an API server keeps them, for several replicas that are told of each change at once. */
export class FakeLeases {
  readonly #leases = new Map<string, Lease>();
  #links: Link[] = [];
  #version = 0;

  /** The API as one replica reaches it. */
  link(observe: Link['observe']): Link & { readonly api: LeaseClient } {
    const link: Link = { isUp: true, observe };
    this.#links.push(link);
    const reached = async () => {
      await Promise.resolve();
      if (!link.isUp) {
        throw failure(undefined, '');
      }
    };
    const api = {
      get: async (name: string) => {
        await reached();
        return structuredClone(this.#leases.get(name));
      },
      create: async (name: string, annotations: Readonly<Record<string, string>>, spec: LeaseSpec) => {
        await reached();
        if (this.#leases.has(name)) {
          throw failure(409, name);
        }
        return this.#put({ metadata: { name, namespace: 'ns', annotations: { ...annotations } }, spec });
      },
      update: async ({ metadata }: Lease, spec: LeaseSpec) => {
        await reached();
        this.#check(metadata);
        return this.#put({ metadata, spec });
      },
      delete: async ({ metadata }: Lease) => {
        await reached();
        this.#check(metadata);
        this.remove(metadata.name);
      },
    };
    return Object.assign(link, { api: api as unknown as LeaseClient });
  }

  /** Every lease, by name. */
  get all(): ReadonlyMap<string, Lease> {
    return this.#leases;
  }

  /** The replica is gone: nobody tells it anything any more. */
  unlink(link: Link): void {
    this.#links = this.#links.filter((one) => one !== link);
  }

  /** As a person does with kubectl. */
  edit(name: string, change: (lease: Lease) => Lease): void {
    const lease = this.#leases.get(name);
    if (lease !== undefined) {
      this.#put(change(lease));
    }
  }

  remove(name: string): void {
    const object = this.#leases.get(name);
    this.#leases.delete(name);
    if (object !== undefined) {
      this.#tell({
        type: 'Deleted',
        object: { ...object, metadata: { ...object.metadata, resourceVersion: this.#next() } },
      });
    }
  }

  #put({ metadata, spec = {} }: Lease): Lease {
    const object = structuredClone({ metadata: { ...metadata, resourceVersion: this.#next() }, spec });
    this.#leases.set(metadata.name, object);
    this.#tell({ type: 'Modified', object });
    return structuredClone(object);
  }

  #check({ name, resourceVersion }: Lease['metadata']): void {
    const known = this.#leases.get(name);
    if (known?.metadata.resourceVersion !== resourceVersion) {
      throw failure(known === undefined ? 404 : 409, name);
    }
  }

  #tell(change: WatchChange<Lease>): void {
    for (const { isUp, observe } of this.#links) {
      if (isUp) {
        observe(structuredClone(change));
      }
    }
  }

  #next(): string {
    return String(++this.#version);
  }
}

function failure(code: number | undefined, objectName: string): ApiError {
  return new ApiError({ verb: 'update', resource: LEASES, name: objectName }, { code, objectName, text: 'no' });
}

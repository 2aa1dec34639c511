import { ApiError } from '../../src/kube/apiError.ts';
import { LEASES, type Lease, type LeaseClient, type LeaseSpec } from '../../src/kube/lease.ts';
import type { WatchChange } from '../../src/kube/store.ts';

/** The connection of a replica to the API server. */
interface Link {
  /** Whether requests get a response. */
  isUp: boolean;
  /** Whether requests are forbidden. */
  forbids: boolean;
  readonly observe: (change: WatchChange<Lease>) => void;
}

/** The Leases of a namespace in an API server, for several replicas that immediately receive each change. */
export class FakeLeases {
  readonly #leases = new Map<string, Lease>();
  #links: Link[] = [];
  #version = 0;

  /** Connects a replica to the API. */
  link(observe: Link['observe']): Link & { readonly api: LeaseClient } {
    const link: Link = { isUp: true, forbids: false, observe };
    this.#links.push(link);
    const requireLink = async () => {
      await Promise.resolve();
      if (!link.isUp) {
        throw failure(undefined, '');
      }
      if (link.forbids) {
        throw failure(403, '');
      }
    };
    const api = {
      get: async (name: string) => {
        await requireLink();
        return structuredClone(this.#leases.get(name));
      },
      create: async (name: string, annotations: Readonly<Record<string, string>>, spec: LeaseSpec) => {
        await requireLink();
        if (this.#leases.has(name)) {
          throw failure(409, name);
        }
        return this.#put({ metadata: { name, namespace: 'ns', annotations: { ...annotations } }, spec });
      },
      update: async ({ metadata }: Lease, spec: LeaseSpec) => {
        await requireLink();
        this.#check(metadata);
        return this.#put({ metadata, spec });
      },
      delete: async ({ metadata }: Lease) => {
        await requireLink();
        this.#check(metadata);
        this.remove(metadata.name);
      },
    };
    return Object.assign(link, { api: api as unknown as LeaseClient });
  }

  /** Leases by name. */
  get all(): ReadonlyMap<string, Lease> {
    return this.#leases;
  }

  /** Disconnects a replica that ended. */
  unlink(link: Link): void {
    this.#links = this.#links.filter((other) => other !== link);
  }

  /** Edits a lease, like a user with kubectl. */
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
      this.#notify({
        type: 'Deleted',
        object: { ...object, metadata: { ...object.metadata, resourceVersion: this.#next() } },
      });
    }
  }

  #put({ metadata, spec = {} }: Lease): Lease {
    const object = structuredClone({ metadata: { ...metadata, resourceVersion: this.#next() }, spec });
    this.#leases.set(metadata.name, object);
    this.#notify({ type: 'Modified', object });
    return structuredClone(object);
  }

  #check({ name, resourceVersion }: Lease['metadata']): void {
    const known = this.#leases.get(name);
    if (known !== undefined && resourceVersion === undefined) {
      throw failure(422, name);
    }
    // An update without a version creates a Lease.
    if (known?.metadata.resourceVersion !== resourceVersion) {
      throw failure(known === undefined ? 404 : 409, name);
    }
  }

  #notify(change: WatchChange<Lease>): void {
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

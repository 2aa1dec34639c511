import type { ApiRequest } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import { objectKey } from '../../../src/kube/resource.ts';
import type { SimulatedProcess } from '../process.ts';
import { copied, type SimulatedCluster, type Stored } from './simulatedCluster.ts';
import type { ApiParts } from './traffic.ts';

/** Kinds whose writes matter to nobody here. */
const IGNORED = new Set(['events']);

/** What an API server does about each verb. */
export class ApiServer {
  readonly #cluster: SimulatedCluster;
  readonly #faults: ApiParts['faults'];
  readonly #observer: ApiParts['observer'];

  constructor({ cluster, faults, observer }: ApiParts) {
    this.#cluster = cluster;
    this.#faults = faults;
    this.#observer = observer;
  }

  /** Carries a request out, which was sent by a process at `sentAt` milliseconds from the beginning. Throws an ApiError if it is refused. */
  carryOut(process: SimulatedProcess, request: ApiRequest, sentAt: number): unknown {
    const { verb, resource, namespace, name = '', body } = request;
    const { plural } = resource;
    if (IGNORED.has(plural)) {
      return {};
    }
    const key = objectKey({ name, ...(namespace !== undefined && { namespace }) });
    const known = this.#cluster.get(plural, key);
    const given = body as Stored & { preconditions?: { resourceVersion?: string } };
    const refuse = (code: number, reason: string) =>
      new ApiError(request, { code, reason, objectName: name, text: reason });
    switch (verb) {
      case 'list':
        return this.#cluster.listAsOf(plural, this.#cluster.revision - this.#staleness(plural));
      case 'create': {
        const createdKey = objectKey(given.metadata);
        if (this.#cluster.get(plural, createdKey) !== undefined) {
          throw refuse(409, 'AlreadyExists');
        }
        this.#cluster.apply(plural, copied(given));
        return this.#cluster.get(plural, createdKey);
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
          this.#cluster.remove(plural, key);
          return {};
        }
        if (request.subresource === 'status') {
          this.#cluster.update(plural, { ...known, status: copied(given.status ?? {}) });
          this.#observer.statusWritten(process, this.#cluster.get(plural, key) as Stored, sentAt);
        } else {
          const metadata = { ...known.metadata, ...given.metadata };
          this.#cluster.update(plural, { ...known, ...copied(given), metadata });
        }
        return this.#cluster.get(plural, key);
      }
    }
  }

  /** How many revisions old a list is. */
  #staleness(plural: string): number {
    return plural === 'leases' ? 0 : (this.#faults.strikes('StaleLists')?.amount ?? 0);
  }
}

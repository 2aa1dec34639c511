import type { ApiRequest } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import { objectKey } from '../../../src/kube/resource.ts';
import type { SimulatedProcess } from '../process.ts';
import { copyOf, type SimulatedCluster, type StoredObject } from './simulatedCluster.ts';
import type { ApiParts } from './traffic.ts';

/** Resources whose writes have no effect. */
const IGNORED_KINDS = new Set(['events']);

/** Handles each verb as an API server does. */
export class ApiServer {
  readonly #cluster: SimulatedCluster;
  readonly #faults: ApiParts['faults'];
  readonly #observer: ApiParts['observer'];

  constructor({ cluster, faults, observer }: ApiParts) {
    this.#cluster = cluster;
    this.#faults = faults;
    this.#observer = observer;
  }

  /**
   * Carries out a request that a process sent at `sentAt` (ms from the start). Throws an ApiError if the request
   * is rejected.
   */
  carryOut(process: SimulatedProcess, request: ApiRequest, sentAt: number): unknown {
    const { verb, resource, namespace, name = '', body } = request;
    const { plural } = resource;
    if (IGNORED_KINDS.has(plural)) {
      return {};
    }
    const key = objectKey({ name, ...(namespace !== undefined && { namespace }) });
    const known = this.#cluster.get(plural, key);
    const given = body as StoredObject & { preconditions?: { resourceVersion?: string } };
    const reject = (code: number, reason: string) =>
      new ApiError(request, { code, reason, objectName: name, text: reason });
    switch (verb) {
      case 'list':
        return this.#cluster.listAsOf(plural, this.#cluster.revision - this.#listAge(plural));
      case 'create': {
        const createdKey = objectKey(given.metadata);
        if (this.#cluster.get(plural, createdKey) !== undefined) {
          throw reject(409, 'AlreadyExists');
        }
        this.#cluster.apply(plural, copyOf(given));
        return this.#cluster.get(plural, createdKey);
      }
      case 'get':
        if (known === undefined) {
          throw reject(404, 'NotFound');
        }
        return known;
      default: {
        const isUnconditional =
          verb === 'update' && plural === 'leases' && given.metadata.resourceVersion === undefined;
        if (isUnconditional && known !== undefined) {
          throw reject(422, 'Invalid');
        }
        if (isUnconditional) {
          // As in Kubernetes, an update creates a Lease that doesn't exist.
          this.#cluster.apply(plural, copyOf(given));
          return this.#cluster.get(plural, key);
        }
        if (known === undefined) {
          throw reject(404, 'NotFound');
        }
        const expected = given.preconditions?.resourceVersion ?? given.metadata?.resourceVersion;
        if (expected !== undefined && expected !== known.metadata.resourceVersion) {
          throw reject(409, 'Conflict');
        }
        if (verb === 'delete') {
          this.#cluster.remove(plural, key);
          return {};
        }
        if (request.subresource === 'status') {
          this.#cluster.update(plural, { ...known, status: copyOf(given.status ?? {}) });
          this.#observer.statusWritten(process, this.#cluster.get(plural, key) as StoredObject, sentAt);
        } else {
          const metadata = { ...known.metadata, ...given.metadata };
          this.#cluster.update(plural, { ...known, ...copyOf(given), metadata });
        }
        return this.#cluster.get(plural, key);
      }
    }
  }

  /** Returns the age of a list in revisions. */
  #listAge(plural: string): number {
    return plural === 'leases' ? 0 : (this.#faults.hit('StaleLists')?.amount ?? 0);
  }
}

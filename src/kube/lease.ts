import type { ApiClient } from './apiClient.ts';
import { ApiError } from './apiError.ts';
import { apiVersionOf, type KubeObject, type Resource } from './resource.ts';

export const LEASES: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

/** A Lease of coordination.k8s.io/v1: who has something to themselves, for as long as they renew it. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  /** Absent: nobody holds it. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** MicroTime, as the next. By the holder's own clock, so it means nothing to others. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  /** How often it went from one holder to another. */
  readonly leaseTransitions?: number;
}

/** How long leases last, in milliseconds; client-go's LeaderElectionConfig. */
export interface LeaseTiming {
  /** Without a renewal for so long, others may take a lease. Whole seconds. */
  readonly leaseDuration: number;
  /** Without a renewal for so long, its holder stops acting. */
  readonly renewDeadline: number;
  /** How often a lease is renewed, and how often one that failed to be is tried again. */
  readonly retryPeriod: number;
}

/** The Leases of one namespace: each write is refused if the Lease isn't as it was read any more. Rejects with ApiError. */
export class LeaseClient {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #labels: Readonly<Record<string, string>>;

  /** `labels`: of those that are created. */
  constructor(client: ApiClient, namespace: string, labels: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#namespace = namespace;
    this.#labels = labels;
  }

  /** Undefined if there is none. */
  async get(name: string): Promise<Lease | undefined> {
    try {
      return await this.#client.request<Lease>({ ...this.#path, verb: 'get', name });
    } catch (error) {
      if (error instanceof ApiError && error.code === 404 && error.objectName === name) {
        return undefined;
      }
      throw error;
    }
  }

  create(name: string, annotations: Readonly<Record<string, string>>, spec: LeaseSpec): Promise<Lease> {
    const metadata = { name, namespace: this.#namespace, labels: this.#labels, annotations };
    return this.#client.request<Lease>({ ...this.#path, verb: 'create', body: { ...KIND, metadata, spec } });
  }

  /** Its metadata as given, with this spec. */
  update({ metadata }: Lease, spec: LeaseSpec): Promise<Lease> {
    const { name } = metadata;
    return this.#client.request<Lease>({ ...this.#path, verb: 'update', name, body: { ...KIND, metadata, spec } });
  }

  async delete({ metadata: { name, resourceVersion } }: Lease): Promise<void> {
    await this.#client.request({ ...this.#path, verb: 'delete', name, body: { preconditions: { resourceVersion } } });
  }

  get #path() {
    return { resource: LEASES, namespace: this.#namespace };
  }
}

const KIND = { apiVersion: apiVersionOf(LEASES), kind: LEASES.kind };

/** Whether a write failed because the Lease isn't as it was read: somebody else has written, created or deleted it. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 409 || error.code === 404);
}

/** metav1.MicroTime: RFC 3339 with six digits. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

/** A Lease with more annotations. */
export function annotated(lease: Lease, annotations: Readonly<Record<string, string>>): Lease {
  const { metadata } = lease;
  return { ...lease, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}

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

/** Lease of coordination.k8s.io/v1. The holder owns a resource for as long as it renews the lease. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  /** Identity of the holder. Absent if the lease is free. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** Times in MicroTime by the clock of the holder, so other processes must not compare them. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  /** Number of transitions between holders. */
  readonly leaseTransitions?: number;
}

/** Timing of leases, in milliseconds; client-go's LeaderElectionConfig. */
export interface LeaseTiming {
  /** Time without renewal after which other processes may take the lease. Whole seconds. */
  readonly leaseDuration: number;
  /** Time without renewal after which the holder stops making changes. */
  readonly renewDeadline: number;
  /** Interval between renewals, and between attempts after a failure. */
  readonly retryPeriod: number;
}

/**
 * Client for the Leases of one namespace. A write fails if the Lease has changed since it was read. Rejects with
 * ApiError.
 */
export class LeaseClient {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #labels: Readonly<Record<string, string>>;

  /** Creates a client. `labels` are set on new Leases. */
  constructor(client: ApiClient, namespace: string, labels: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#namespace = namespace;
    this.#labels = labels;
  }

  /** Returns a Lease, or undefined if it doesn't exist. */
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
    return this.#client.request<Lease>({ ...this.#path, verb: 'create', body: { ...TYPE_META, metadata, spec } });
  }

  /** Replaces the spec of a Lease. */
  update({ metadata }: Lease, spec: LeaseSpec): Promise<Lease> {
    const { name } = metadata;
    return this.#client.request<Lease>({ ...this.#path, verb: 'update', name, body: { ...TYPE_META, metadata, spec } });
  }

  async delete({ metadata: { name, resourceVersion } }: Lease): Promise<void> {
    await this.#client.request({ ...this.#path, verb: 'delete', name, body: { preconditions: { resourceVersion } } });
  }

  get #path() {
    return { resource: LEASES, namespace: this.#namespace };
  }
}

const TYPE_META = { apiVersion: apiVersionOf(LEASES), kind: LEASES.kind };

/** Whether a write failed because another client changed, created, or deleted the Lease. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 409 || error.code === 404);
}

/** Formats a metav1.MicroTime: RFC 3339 with six decimals. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

/** Returns a copy of a Lease with additional annotations. */
export function withAnnotations(lease: Lease, annotations: Readonly<Record<string, string>>): Lease {
  const { metadata } = lease;
  return { ...lease, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}

import type { Clock } from '../clock.ts';
import type { ApiClient } from '../kube/apiClient.ts';
import { ApiError } from '../kube/apiError.ts';
import { apiVersionOf, type Resource } from '../kube/resource.ts';

/** Report of https://openreports.io, the successor of the PolicyReport. */
export const REPORTS: Resource = {
  group: 'openreports.io',
  version: 'v1alpha1',
  plural: 'reports',
  kind: 'Report',
  namespaced: true,
};
/** PolicyReport of the Kubernetes Policy Working Group. */
export const POLICY_REPORTS: Resource = {
  group: 'wgpolicyk8s.io',
  version: 'v1alpha2',
  plural: 'policyreports',
  kind: 'PolicyReport',
  namespaced: true,
};

/** Finds the report kinds that the cluster serves by API discovery, which requires no RBAC rule. */
export class ReportKinds {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #interval: number;
  #known: { readonly kinds: readonly Resource[]; readonly at: number } | undefined;

  /** `interval` is the maximum age of a discovery in milliseconds. */
  constructor(client: ApiClient, clock: Clock, interval: number) {
    this.#client = client;
    this.#clock = clock;
    this.#interval = interval;
  }

  /** Returns the kinds that the cluster serves, the preferred one first; empty if no CRD is installed. Rejects with ApiError. */
  async installed(signal: AbortSignal): Promise<readonly Resource[]> {
    const now = this.#clock.monotonic();
    if (this.#known === undefined || now - this.#known.at >= this.#interval) {
      const kinds = [REPORTS, POLICY_REPORTS];
      const served = await Promise.all(kinds.map((kind) => isServed(this.#client, kind, signal)));
      this.#known = { kinds: kinds.filter((_, index) => served[index]), at: now };
    }
    return this.#known.kinds;
  }

  /** Discards the last discovery after it turned out to be wrong. */
  forget(): void {
    this.#known = undefined;
  }
}

async function isServed(client: ApiClient, resource: Resource, signal: AbortSignal): Promise<boolean> {
  try {
    const path = `/apis/${apiVersionOf(resource)}`;
    const found = await client.request<{ resources?: { name: string }[] }>({ verb: 'get', resource, path, signal });
    return found.resources?.some(({ name }) => name === resource.plural) ?? false;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) {
      return false;
    }
    throw error;
  }
}

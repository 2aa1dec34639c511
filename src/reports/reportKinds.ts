import type { Clock } from '../clock.ts';
import type { ApiClient } from '../kube/apiClient.ts';
import { ApiError } from '../kube/apiError.ts';
import { apiVersionOf, type Resource } from '../kube/resource.ts';

/** https://openreports.io, the successor of the PolicyReport. */
export const REPORTS: Resource = {
  group: 'openreports.io',
  version: 'v1alpha1',
  plural: 'reports',
  kind: 'Report',
  namespaced: true,
};
/** Of the Kubernetes Policy Working Group. */
export const POLICY_REPORTS: Resource = {
  group: 'wgpolicyk8s.io',
  version: 'v1alpha2',
  plural: 'policyreports',
  kind: 'PolicyReport',
  namespaced: true,
};

/** Knows which kinds of report the cluster has, by API discovery, which everybody may ask. */
export class ReportKinds {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #interval: number;
  #known: { readonly kinds: readonly Resource[]; readonly at: number } | undefined;

  /** `interval`: so long the cluster is taken to have the kinds that it had, in milliseconds, as CRDs come and go seldom. */
  constructor(client: ApiClient, clock: Clock, interval: number) {
    this.#client = client;
    this.#clock = clock;
    this.#interval = interval;
  }

  /** The kinds that the cluster has, the one to be used first; none where no CRD is installed. Rejects with ApiError. */
  async installed(signal: AbortSignal): Promise<readonly Resource[]> {
    const now = this.#clock.monotonic();
    if (this.#known === undefined || now - this.#known.at >= this.#interval) {
      const kinds = [REPORTS, POLICY_REPORTS];
      const served = await Promise.all(kinds.map((kind) => isServed(this.#client, kind, signal)));
      this.#known = { kinds: kinds.filter((_, index) => served[index]), at: now };
    }
    return this.#known.kinds;
  }

  /** What was known has turned out to be wrong. */
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

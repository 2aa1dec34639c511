import { type Clock, systemClock } from '../../clock.ts';
import { Failures } from '../../execute/failures.ts';
import { HourlyDisassociations } from '../../execute/hourlyDisassociations.ts';
import { Removals } from '../../execute/removals.ts';
import { Repetitions } from '../../execute/repetitions.ts';
import type { Inventory } from '../../fleet/inventory.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { FleetBook } from '../../operator/fleetBook.ts';
import { fleetTrouble, lostItsFleet } from '../../operator/fleetTrouble.ts';
import { placeIn } from '../../operator/places.ts';
import { PolicyBook } from '../../operator/policyBook.ts';
import type { FleetObject, PolicyObject } from '../../operator/resources.ts';
import type { Policy } from '../../policy/policy.ts';
import { ambientFleet, type WorkspaceFleet } from '../../policy/workspaceFleet.ts';
import { NO_APPROVAL, type Preview, preview } from '../../preview.ts';
import type { Trouble } from '../../status/conditions.ts';
import { recollectPast } from '../../status/memory.ts';
import type { PolicyStatus } from '../../status/resource.ts';

/** What there is to plan with. */
export interface WorldOptions {
  readonly policies: readonly PolicyObject[];
  readonly fleets: readonly FleetObject[];
  /** With their labels; undefined: every fleet admits every namespace, as files don't tell. */
  readonly namespaces: readonly KubeObject[] | undefined;
  /** The system's, unless it is about another time. */
  readonly clock?: Clock;
  readonly inventoryOf: (fleet: WorkspaceFleet) => Promise<Inventory>;
}

/** A policy, and what would be done for it, or why that can't be told. */
export interface PolicyPreview {
  readonly policy: Policy;
  /** What the operator last wrote; undefined in most files. */
  readonly status: PolicyStatus | undefined;
  readonly result: Preview | Trouble;
}

/** How fast it may be called is the business of whoever opens it. */
const AMBIENT = ambientFleet({ callsPerSecond: 2, burst: 5 });

/** The policies and fleets of a cluster, or of files, as the operator would take them together. */
export class PlanWorld {
  readonly #options: WorldOptions;
  readonly #clock: Clock;
  readonly #fleets = new FleetBook(AMBIENT);
  readonly #book: PolicyBook;
  readonly #objects = new Map<string, PolicyObject>();
  readonly #deploying = new Map();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#book = new PolicyBook(this.#clock, (policy) => {
      const fleet = this.#fleetOf(policy);
      return 'terms' in fleet ? { terms: fleet.terms, place: placeIn(fleet.access) } : undefined;
    });
    for (const object of options.fleets) {
      this.#fleets.put(options.namespaces === undefined ? withoutNamespaces(object) : object);
    }
    for (const object of options.namespaces ?? []) {
      this.#fleets.observeNamespace({ type: 'Added', object });
    }
    for (const object of options.policies) {
      this.#objects.set(keyOf(object), object);
      this.#book.put(keyOf(object), object);
    }
  }

  /** Previews the policies that are meant, by key. Rejects with a FleetError where AWS doesn't say whose account it is. */
  async preview(isMeant: (policy: Policy) => boolean): Promise<PolicyPreview[]> {
    const meant = this.#book
      .valid()
      .filter(isMeant)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const previews: PolicyPreview[] = [];
    for (const policy of meant) {
      const status = this.#objects.get(policy.key)?.status;
      previews.push({ policy, status, result: await this.#previewOf(policy, status) });
    }
    return previews;
  }

  async #previewOf(policy: Policy, status: PolicyStatus | undefined): Promise<Preview | Trouble> {
    const fleet = this.#fleetOf(policy);
    if (!('terms' in fleet)) {
      return fleet;
    }
    const admitted = this.#book.admitted(policy.key);
    const trouble = lostItsFleet(policy, fleet, status) ?? fleetTrouble(policy, fleet, undefined);
    if (trouble !== undefined || admitted === undefined) {
      return trouble ?? { reason: 'RefNotPermitted', message: 'no fleet admits the policy', needsPerson: true };
    }
    const inventory = await this.#options.inventoryOf(fleet);
    const context = {
      inventory,
      clock: this.#clock,
      terms: fleet.terms,
      attempts: new Failures(),
      repeated: new Repetitions(),
      removals: new Removals(),
      hourly: new HourlyDisassociations(fleet.terms.maxDisassociationsPerHour, this.#recordedOf(fleet), async () => {}),
      policiesConcerning: (one: Policy) => this.#book.concerning(one),
      deploying: this.#deploying,
    };
    const approval = status === undefined ? NO_APPROVAL : recollectPast(admitted, status, context);
    return preview(admitted, approval, this.#book.get(policy.key)?.request.approvedPlan, context);
  }

  #recordedOf({ name }: WorkspaceFleet) {
    return this.#options.fleets.find(({ metadata }) => metadata.name === name)?.status?.recentDisassociations ?? [];
  }

  /** In files a fleet may be missing that the cluster has. */
  #fleetOf(policy: Policy): WorkspaceFleet | Trouble {
    const assignment = this.#fleets.assign(policy);
    if ('fleet' in assignment) {
      return assignment.fleet;
    }
    const isElsewhere = this.#options.namespaces === undefined && this.#fleets.get(policy.fleetRef) === undefined;
    return isElsewhere ? { ...AMBIENT, name: policy.fleetRef } : assignment.refused;
  }
}

function withoutNamespaces(object: KubeObject): KubeObject {
  const { spec, ...rest } = object as KubeObject & { spec?: Record<string, unknown> };
  const { allowedNamespaces: _, ...others } = spec ?? {};
  return { ...rest, spec: others } as KubeObject;
}

function keyOf({ metadata: { namespace = 'default', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

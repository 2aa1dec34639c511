import { type Clock, systemClock } from '../../../clock.ts';
import { compareBy } from '../../../compare.ts';
import { ChangeHistory } from '../../../history/changeHistory.ts';
import { DisassociationQuota } from '../../../history/disassociationQuota.ts';
import type { BundleSource } from '../../../inventory/bundleCache.ts';
import type { Inventory } from '../../../inventory/inventory.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import type { FleetObject, PolicyObject } from '../../../kube/resources.ts';
import { scopeKey, scopeOf } from '../../../operator/awsScopes.ts';
import { fleetBlocker, usedWorkspaceFleet } from '../../../operator/fleetBlocker.ts';
import { type AmbientFleet, FleetStore } from '../../../operator/fleetStore.ts';
import { PolicyStore } from '../../../operator/policyStore.ts';
import type { DeploymentIntent } from '../../../plan/deployment.ts';
import type { RolloutLimits } from '../../../plan/duration.ts';
import { InvalidResourceError } from '../../../policy/invalidField.ts';
import type { Policy } from '../../../policy/policy.ts';
import { ambientFleet, type FleetConfig } from '../../../policy/workspaceFleet.ts';
import { type Preview, preview } from '../../../preview.ts';
import type { Blocker } from '../../../status/conditions.ts';
import type { PolicyStatus } from '../../../status/resource.ts';
import { restoredIn } from '../../../status/restored.ts';
import { rolloutRecordOf } from '../../../status/rolloutGuard.ts';
import { recordedApproval, recordedHistory } from '../../../status/runState.ts';

/** Resources and inventories of an OfflinePlanner. */
export interface OfflinePlannerOptions {
  readonly policies: readonly PolicyObject[];
  readonly fleets: readonly FleetObject[];
  /** Namespaces with their labels. Undefined if they are unknown; then every fleet allows every namespace. */
  readonly namespaces: readonly KubeObject[] | undefined;
  /** Clock that gives the time of the plan. Defaults to the system clock. */
  readonly clock?: Clock;
  readonly inventoryOf: (fleet: FleetConfig) => Promise<Inventory>;
  /** Returns the contents of the bundles in an inventory. Defaults to unknown contents. */
  readonly bundlesIn?: (inventory: Inventory) => BundleSource | undefined;
}

/** A policy with its preview, or with the reason why it can't be planned. */
export interface PolicyPreview {
  readonly policy: Policy;
  /** Status that the operator last wrote. Undefined in most files. */
  readonly status: PolicyStatus | undefined;
  readonly result: Preview | Blocker;
  /** Limits of the speed of the rollout. Undefined without a fleet. */
  readonly limits: RolloutLimits | undefined;
  /** Time of the plan. */
  readonly now: Date;
}

/** The rate limit is used only for estimates: `inventoryOf` opens the fleet with its own limit. */
const AMBIENT = ambientFleet({ callsPerSecond: 2, burst: 5 });

/** The ambient fleet is the AWS settings of the user. Only the status of a policy shows whether the operator serves its namespace. */
const ANY_NAMESPACE: AmbientFleet = {
  config: AMBIENT,
  serves: () => true,
  areFleetsKnown: () => true,
  hasEnded: () => false,
  wasUsed: () => false,
};

/** Evaluates the policies and fleets of a cluster or of files together, with the functions of the operator. */
export class OfflinePlanner {
  readonly #options: OfflinePlannerOptions;
  readonly #clock: Clock;
  readonly #fleetStore = new FleetStore(ANY_NAMESPACE);
  readonly #policyStore: PolicyStore;
  readonly #objects = new Map<string, PolicyObject>();
  readonly #intents = new Map<string, DeploymentIntent>();

  constructor(options: OfflinePlannerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#policyStore = new PolicyStore(this.#clock, (policy) => {
      const fleet = this.#fleetOf(policy);
      return 'limits' in fleet ? { limits: fleet.limits, scope: scopeOf(fleet.access) } : undefined;
    });
    for (const object of options.fleets) {
      this.#fleetStore.put(options.namespaces === undefined ? withAllNamespaces(object) : object);
    }
    for (const object of options.namespaces ?? []) {
      this.#fleetStore.observeNamespace({ type: 'Added', object });
    }
    for (const object of options.policies) {
      this.#objects.set(keyOf(object), object);
      this.#policyStore.put(keyOf(object), object);
    }
  }

  /** Returns the previews of the selected policies, sorted by key. Rejects with a FleetError if AWS doesn't report the caller identity. */
  async preview(isSelected: (policy: Policy) => boolean): Promise<PolicyPreview[]> {
    const selected = this.#policyStore
      .valid()
      .filter(isSelected)
      .sort(compareBy(({ key }) => key));
    const previews: PolicyPreview[] = [];
    for (const policy of selected) {
      const status = this.#objects.get(policy.key)?.status;
      const fleet = this.#fleetOf(policy);
      previews.push({
        policy,
        status,
        result: await this.#previewOf(policy, fleet, status),
        limits:
          'limits' in fleet
            ? {
                callsPerSecond: this.#callsPerSecondOf(fleet),
                disassociationsPerHour: fleet.limits.maxDisassociationsPerHour,
              }
            : undefined,
        now: this.#clock.now(),
      });
    }
    return previews;
  }

  async #previewOf(
    policy: Policy,
    fleet: FleetConfig | Blocker,
    status: PolicyStatus | undefined,
  ): Promise<Preview | Blocker> {
    if (!('limits' in fleet)) {
      return fleet;
    }
    const admitted = this.#policyStore.admitted(policy.key);
    const ended = usedWorkspaceFleet(fleet, status) ?? this.#refusalOf(fleet, status);
    const blocker = ended ?? fleetBlocker(policy, fleet, undefined);
    if (blocker !== undefined || admitted === undefined) {
      return (
        blocker ?? { reason: 'RefNotPermitted', message: 'no fleet allows the namespace of the policy', terminal: true }
      );
    }
    const annotations = this.#policyStore.get(policy.key)?.annotations;
    const inventory = await this.#options.inventoryOf(fleet);
    const history = new ChangeHistory();
    history.restore(admitted, recordedHistory(admitted, status), inventory, this.#clock.now());
    const result = await preview(admitted, {
      inventory,
      bundles: this.#options.bundlesIn?.(inventory),
      restored: restoredIn(status),
      clock: this.#clock,
      limits: fleet.limits,
      history,
      quota: new DisassociationQuota(fleet.limits.maxDisassociationsPerHour, this.#recordedOf(fleet), async () => {}),
      policiesOverlapping: (other: Policy) => this.#policyStore.overlapping(other),
      policiesInScope: (other: Policy) => this.#policyStore.inScope(other),
      intents: this.#intents,
      approval: recordedApproval(admitted, status),
      request: annotations?.approval,
      rollout: rolloutRecordOf(admitted, status, annotations?.resume),
    });
    if ('intent' in result) {
      this.#intents.set(admitted.key, result.intent);
    }
    return result;
  }

  /** Returns the reason why the operator doesn't serve a policy of the cluster that names no fleet. */
  #refusalOf({ name }: FleetConfig, status: PolicyStatus | undefined): Blocker | undefined {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    const isRefused =
      name === undefined && this.#options.namespaces !== undefined && ready?.reason === 'RefNotPermitted';
    return isRefused ? { reason: ready.reason, message: ready.message, terminal: true } : undefined;
  }

  #recordedOf(fleet: FleetConfig) {
    return this.#statusOf(fleet)?.recentDisassociations ?? [];
  }

  /** Returns the lowest rate of the fleets in the account and region of a fleet, as far as their resources or statuses show these. */
  #callsPerSecondOf(fleet: FleetConfig): number {
    const scope = this.#scopeOf(fleet);
    const others = this.#fleetStore.names().flatMap((name) => {
      const other = this.#fleetStore.get(name);
      return other === undefined || other instanceof InvalidResourceError ? [] : other;
    });
    const shared = others.filter((other) => scope !== undefined && this.#scopeOf(other) === scope);
    return Math.min(...[fleet, ...shared].map(({ rateLimit }) => rateLimit.callsPerSecond));
  }

  /** Returns the key of the account and region of a fleet. Undefined if its account is unknown. */
  #scopeOf(fleet: FleetConfig): string | undefined {
    const declared = scopeOf(fleet.access);
    const accountID = declared.accountID ?? this.#statusOf(fleet)?.accountID;
    return accountID === undefined ? undefined : scopeKey({ ...declared, accountID });
  }

  #statusOf({ name }: FleetConfig) {
    return this.#options.fleets.find(({ metadata }) => metadata.name === name)?.status;
  }

  /** Returns the fleet of a policy. Files may omit a fleet that exists in the cluster; then the ambient settings apply. */
  #fleetOf(policy: Policy): FleetConfig | Blocker {
    const assignment = this.#fleetStore.assign(policy);
    if ('fleet' in assignment) {
      return assignment.fleet;
    }
    const isElsewhere = this.#options.namespaces === undefined && this.#fleetStore.get(policy.fleetRef) === undefined;
    return isElsewhere ? { ...AMBIENT, name: policy.fleetRef } : assignment.refused;
  }
}

function withAllNamespaces(object: KubeObject): KubeObject {
  const { spec, ...rest } = object as KubeObject & { spec?: Record<string, unknown> };
  return { ...rest, spec: { ...spec, allowedNamespaces: { from: 'All' } } } as KubeObject;
}

function keyOf({ metadata: { namespace = 'default', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

import type { StoredObject } from '../cluster/simulatedCluster.ts';
import type { PolicySpec } from '../manifests.ts';
import { type Attempt, MAX_RUN_MS, type ObservedState, TRANSITION_STATES } from '../observedState.ts';
import { isWithin, resolveIntOrPercent } from '../policyContext.ts';
import type { KnownPolicy } from '../processLedger.ts';
import { selects } from '../selection.ts';
import type { UntimedViolation } from '../violation.ts';

/** Deployment that the operator made for one policy only. Times are milliseconds since the epoch. */
interface Deployment {
  readonly workspaceID: string;
  readonly applicationIDs: readonly string[];
  readonly at: number;
}

/** Rollout of a policy, as its statuses show it. */
interface Rollout {
  readonly version: string;
  readonly resumeTime: unknown;
  /** Failures before this time don't count. */
  readonly failuresAfter: number;
  /** Deployments before this time prove nothing. */
  readonly provenAfter: number;
  /** Whether a deployment has succeeded since. */
  readonly isProven: boolean;
  /** Maximum number of WorkSpaces that the policy selected since. A WorkSpace that left remains part of the rollout. */
  readonly selected: number;
}

/** The first deployment of a rollout goes alone until it has succeeded, and at most `maxFailures` deployments fail until a person resumes. */
export class Rollouts {
  readonly #observed: ObservedState;
  readonly #rollouts = new Map<string, Rollout>();
  readonly #deployments = new Map<string, Deployment[]>();
  /** Deployments that the operator made for a policy and for others. They can prove a rollout, but nobody knows whose rollout made them. */
  readonly #shared = new Map<string, Deployment[]>();

  constructor(observed: ObservedState) {
    this.#observed = observed;
  }

  /** Records that a deployment of a WorkSpace was applied. */
  deployed(workspaceID: string, applicationIDs: readonly string[]): void {
    const keys = this.#observed.deployedFor.get(workspaceID) ?? new Set();
    const deployments = keys.size === 1 ? this.#deployments : this.#shared;
    for (const key of keys) {
      const all = deployments.get(key) ?? [];
      deployments.set(key, [...all, { workspaceID, applicationIDs, at: this.#observed.time.now }]);
    }
  }

  /** Records a status: a rollout ends when nothing remains and nothing has failed, and a person can resume it. */
  recordStatus({ metadata, spec, status }: StoredObject): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    const { now } = this.#observed.time;
    const selected = this.#selectedBy(spec as unknown as PolicySpec);
    const known = this.#rollouts.get(key);
    const version = `${metadata.uid} ${status?.observedGeneration}`;
    const rollout = status?.rollout as
      | { remaining?: number; failedDeployments?: number; resumeTime?: string }
      | undefined;
    const hasEnded = rollout === undefined || (rollout.remaining === 0 && (rollout.failedDeployments ?? 0) === 0);
    if (known?.version !== version || hasEnded) {
      const resumeTime = rollout?.resumeTime;
      this.#rollouts.set(key, { version, resumeTime, failuresAfter: now, provenAfter: now, isProven: false, selected });
      return;
    }
    const isResumed = rollout.resumeTime !== known.resumeTime;
    const most = Math.max(known.selected, selected);
    const current = {
      ...known,
      selected: most,
      ...(isResumed && { resumeTime: rollout.resumeTime, failuresAfter: now }),
    };
    this.#rollouts.set(key, { ...current, isProven: this.#isProven(key, current) });
  }

  #selectedBy(spec: PolicySpec): number {
    const { cloud, time } = this.#observed;
    return cloud.workspaces.filter((one) => selects(spec, cloud.factsOf(one), time.now) !== false).length;
  }

  #isProven(key: string, rollout: Rollout): boolean {
    const all = [...(this.#deployments.get(key) ?? []), ...(this.#shared.get(key) ?? [])];
    const since = all.filter(({ at }) => at >= rollout.provenAfter);
    return rollout.isProven || since.some((one) => this.#outcomeOf(one, rollout) === 'Succeeded');
  }

  /** Returns why the failed deployments of a policy, or the first one, forbid a change of another WorkSpace. */
  violation({ key, spec }: KnownPolicy, { workspace, context: { fleet } }: Attempt): UntimedViolation | undefined {
    const { faults, cloud, time } = this.#observed;
    const { deploy, maxFailures = '10%' } = spec.rollout ?? {};
    const rollout = this.#rollouts.get(key);
    // Nobody can see a halted rollout in a truncated list, in an outdated read of AWS, or in an outdated list of policies.
    const isExcused = (['StaleReads', 'TruncatedPages', 'StaleLists'] as const).some((kind) =>
      faults.wasActive(kind, 30 * 60_000),
    );
    if (deploy === 'Manual' || maxFailures === '100%' || rollout === undefined || isExcused) {
      return undefined;
    }
    const deployments = this.#deployments.get(key) ?? [];
    const outcomes = deployments.map((one) => ({ ...one, outcome: this.#outcomeOf(one, rollout) }));
    // A WorkSpace that left the policy or the fleet isn't part of the rollout.
    const isSelected = (id: string) => {
      const facts = cloud.workspaces.filter((one) => one.workspaceID === id).map((one) => cloud.factsOf(one));
      return facts.some(
        (one) => selects(spec, one, time.now) !== false && (fleet === undefined || isWithin(fleet, one)),
      );
    };
    const others = outcomes.filter((one) => one.workspaceID !== workspace.workspaceID && isSelected(one.workspaceID));
    const idsOf = (outcome: string) => [
      ...new Set(others.filter((one) => one.outcome === outcome).map((one) => one.workspaceID)),
    ];
    const [failed, inFlight] = [idsOf('Failed'), idsOf('InFlight')];
    // An upper limit, because a rollout has at most all WorkSpaces that the policy selects.
    const limit = resolveIntOrPercent(maxFailures, Math.max(rollout.selected, this.#selectedBy(spec)));
    const isProven = this.#isProven(key, rollout);
    const isRetry = outcomes.some((one) => one.workspaceID === workspace.workspaceID && one.outcome === 'Failed');
    if (isRetry || failed.length + inFlight.length < (isProven ? limit : 1)) {
      return undefined;
    }
    return {
      rule: 'Halted',
      message: `deployments of ${key} failed (${failed.join() || 'none'}) or are in progress (${inFlight.join() || 'none'}), ${isProven ? `of at most ${limit}` : 'and none has succeeded'}`,
    };
  }

  #outcomeOf(
    { workspaceID, applicationIDs, at }: Deployment,
    { failuresAfter, provenAfter }: Rollout,
  ): 'InFlight' | 'Failed' | 'Succeeded' | 'Unknown' {
    const workspace = this.#observed.cloud.workspace(workspaceID);
    if (workspace === undefined) {
      return 'Unknown';
    }
    const own = applicationIDs.flatMap((id) => workspace.associations.get(id) ?? []);
    // The deployment of another policy can follow at once.
    const isDone = own.every(({ state }) => state === 'REMOVED' || state === 'COMPLETED');
    if (isDone) {
      return 'Succeeded';
    }
    if (workspace.state === 'UPDATING' || own.some(({ state }) => TRANSITION_STATES.has(state))) {
      // A deployment of an earlier rollout need not be part of this one.
      const isOwn = at >= provenAfter && this.#observed.time.now - at < MAX_RUN_MS;
      return isOwn ? 'InFlight' : 'Unknown';
    }
    const failed = own.filter(({ state }) => state === 'ERROR');
    if (failed.some(({ lastUpdated }) => lastUpdated > failuresAfter && lastUpdated >= at)) {
      return 'Failed';
    }
    return 'Unknown';
  }
}

import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster, StoredObject } from './cluster/simulatedCluster.ts';
import type { ActiveFaults } from './faults.ts';
import { Rollouts } from './invariants/halted.ts';
import type { Goal, PolicyContext } from './policyContext.ts';
import type { KnownWorkspace, ProcessLedger } from './processLedger.ts';
import type { ApplicationFacts, WorkspaceFacts } from './selection.ts';
import type { SimulatedTime } from './time.ts';

export type KnownPolicy = ReturnType<ProcessLedger['policies']>[number];

/** Change at the time of sending, with the ledger of the process that sends it. */
export interface Attempt {
  readonly ledger: ProcessLedger;
  readonly known: KnownWorkspace;
  /** WorkSpace with the tags that the process has read. */
  readonly workspace: WorkspaceFacts;
  /** Policies and fleet that the process has received. */
  readonly context: PolicyContext;
  /** Whether the call reverts a change that the operator began and that no policy requests. */
  readonly isRevert: boolean;
}

/** Marks the approval of a plan with associations that the status omits. */
export const WHOLE_PLAN = 'the whole plan';

export function hasOmitted(policy: StoredObject | undefined): boolean {
  return ((policy?.status?.associationsOmitted as number | undefined) ?? 0) > 0;
}

/**
 * World as an outside observer sees it, regardless of the operator's own state. Times are milliseconds from the
 * start.
 */
export class ObservedState {
  readonly time: SimulatedTime;
  readonly faults: ActiveFaults;
  readonly applications: ReadonlyMap<string, ApplicationFacts>;
  readonly cluster: SimulatedCluster;
  readonly cloud: SimulatedCloud;
  /**
   * Time since which the status of a policy shows that an association is to change, by policy and pair. Kept
   * after the policy is deleted, because a process that hasn't received the deletion still acts on it.
   */
  readonly shownSince = new Map<
    string,
    {
      readonly uid: string | undefined;
      readonly pairs: ReadonlyMap<string, { readonly since: number; readonly isStarted: boolean }>;
    }
  >();
  /** Approved pairs by policy. */
  readonly approved = new Map<string, Set<string>>();
  /** Time of the operator's last change by pair and by WorkSpace. */
  readonly changedAt = new Map<string, number>();
  /** Time of the last change by anyone but the operator, by WorkSpace. */
  readonly changedByOthersAt = new Map<string, number>();
  /** Changes that the operator began and that await a deployment, by pair, with the policies that requested them. */
  readonly begun = new Map<
    string,
    { readonly goal: Goal; readonly policies: ReadonlySet<string>; readonly lastUpdated: number }
  >();
  /** Rollouts of the policies. */
  readonly rollouts: Rollouts;
  /** Policies that the last deployment of a WorkSpace was made for. */
  readonly deployedFor = new Map<string, ReadonlySet<string>>();

  constructor(parts: Pick<ObservedState, 'time' | 'faults' | 'applications' | 'cluster' | 'cloud'>) {
    this.time = parts.time;
    this.faults = parts.faults;
    this.applications = parts.applications;
    this.cluster = parts.cluster;
    this.cloud = parts.cloud;
    this.rollouts = new Rollouts(this);
  }

  application(applicationID: string): ApplicationFacts {
    return this.applications.get(applicationID) ?? { applicationID, name: '' };
  }

  isApproved(policy: string, pair: string): boolean {
    const approved = this.approved.get(policy);
    return approved?.has(pair) === true || approved?.has(WHOLE_PLAN) === true;
  }

  /** Whether the status of a policy omits associations for lack of room. */
  hasOmittedAssociations(policy: string): boolean {
    return hasOmitted(this.cluster.get('workspaceapplicationpolicies', policy));
  }

  /** Whether anyone but the operator has changed a WorkSpace within the last `ms` milliseconds. */
  wasChangedByOthers(workspaceID: string, ms: number): boolean {
    return this.time.elapsed - (this.changedByOthersAt.get(workspaceID) ?? Number.NEGATIVE_INFINITY) < ms;
  }
}

/** Maximum age of a read that a change is based on (ms). */
export const MAX_READ_AGE_MS = 60_000;
/** Maximum age of the connection of a user when a deployment could end the session (ms). */
export const MAX_CONNECTION_AGE_MS = 20_000;
/**
 * Maximum time between planning a change and sending it (ms): 10 s of changes, then reads of the maximum age,
 * and 5 s for latency.
 */
export const MAX_RUN_MS = 10_000 + MAX_READ_AGE_MS + 5_000;
export const PENDING_STATES: ReadonlySet<string> = new Set([
  'PENDING_INSTALL_DEPLOYMENT',
  'PENDING_UNINSTALL_DEPLOYMENT',
]);
export const TRANSITION_STATES: ReadonlySet<string> = new Set([
  'PENDING_INSTALL',
  'INSTALLING',
  'PENDING_UNINSTALL',
  'UNINSTALLING',
]);
export const KNOWN_STATES: ReadonlySet<string> = new Set([
  ...PENDING_STATES,
  ...TRANSITION_STATES,
  'ERROR',
  'COMPLETED',
  'REMOVED',
]);

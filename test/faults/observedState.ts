import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster, StoredObject } from './cluster/simulatedCluster.ts';
import type { ActiveFaults } from './faults.ts';
import { Rollouts } from './invariants/halted.ts';
import type { Goal, PolicyContext } from './policyContext.ts';
import type { SimulatedProcess } from './process.ts';
import type { KnownPolicy, KnownWorkspace, ProcessLedger } from './processLedger.ts';
import type { SentRemoval } from './records.ts';
import type { ApplicationFacts, WorkspaceFacts } from './selection.ts';
import type { SimulatedTime } from './time.ts';

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
  /** UIDs of the policies that request the change. Empty for a deployment. */
  readonly requestedBy: ReadonlySet<string>;
}

/** Outcome that the status of a policy announces for an association. */
export interface ShownChange {
  /** Time since which the status has shown this outcome, in milliseconds from the start. */
  readonly since: number;
  readonly goal: Goal;
  /** Whether the change has started, so that only a deployment or AWS is missing. */
  readonly isStarted: boolean;
  readonly holdReason: string | undefined;
}

/** Changes that the last status of a policy announces for one generation. */
interface ShownStatus {
  readonly uid: string;
  readonly generation: number;
  /** Changes by pair. */
  readonly changes: ReadonlyMap<string, ShownChange>;
  /** Pairs that the status lists, with or without a change. */
  readonly pairs: ReadonlySet<string>;
  /**
   * Time since which the statuses omit associations for lack of room, in milliseconds from the start. Undefined if this one
   * omits none.
   */
  readonly omitsSince: number | undefined;
}

/** Association or disassociation that a process has sent. */
interface BegunChange {
  readonly by: SimulatedProcess;
  /** Milliseconds from the start. */
  readonly at: number;
  /** Time by the clock of the process, in milliseconds since the epoch. */
  readonly wall: number;
}

/** Association or disassociation that the operator has made, and that is not deployed. */
export interface StartedChange {
  readonly goal: Goal;
  /** Time of the change in AWS, in milliseconds since the epoch. Anyone's later change has another time. */
  readonly lastUpdated: number;
  /** UIDs of the policies that requested the change. */
  readonly requestedBy: ReadonlySet<string>;
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
   * Last status of each policy. Kept after the policy is deleted, because a process that hasn't received the
   * deletion still acts on it.
   */
  readonly shown = new Map<string, ShownStatus>();
  /** Approved outcomes: goals by pair, by the UID of the policy. */
  readonly approved = new Map<string, Map<string, Goal>>();
  /** Time of the operator's last change by pair and by WorkSpace. */
  readonly changedAt = new Map<string, number>();
  /** Time of the last change by anyone but the operator, by WorkSpace. */
  readonly changedByOthersAt = new Map<string, number>();
  /** Rollouts of the policies. */
  readonly rollouts: Rollouts;
  /** Times of all changes by anyone but the operator, by WorkSpace. */
  readonly changesByOthers = new Map<string, number[]>();
  /** Associations and disassociations that processes have sent, by WorkSpace. */
  readonly begun = new Map<string, BegunChange[]>();
  /** Last association or disassociation by the operator that waits for a deployment, by pair. */
  readonly started = new Map<string, StartedChange>();
  /** Time at which a change was last sent and last rejected by AWS, by WorkSpace (ms from the start). */
  readonly sentAt = new Map<string, number>();
  readonly rejectedAt = new Map<string, number>();
  /** Party that started or deployed the last deployed change of an association, by pair. */
  readonly deployedBy = new Map<string, 'operator' | 'others'>();
  /** Disassociations that processes have sent, the oldest first. */
  readonly removals: SentRemoval[] = [];
  /**
   * Changes that a status of a policy has shown as due, or as waiting for something that can end at any time: UID, pair,
   * and goal.
   */
  readonly dueChanges = new Set<string>();
  /** Whether several processes have run, so that one doesn't know what another has begun. */
  hadSeveralProcesses = false;
  /** Policies that the last deployment of a WorkSpace was made for, unless someone else made it. */
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

  /** Whether a user has approved an outcome of a policy. An approval belongs to one object. */
  isApproved({ uid }: Pick<KnownPolicy, 'uid'>, pair: string, goal: Goal): boolean {
    const approved = this.approved.get(uid);
    return approved?.get(pair) === goal || approved?.has(WHOLE_PLAN) === true;
  }

  /** Returns the change by the operator that an association waits to be deployed for. Undefined if there is none. */
  startedChange(pair: string, lastUpdated: number | undefined): StartedChange | undefined {
    const started = this.started.get(pair);
    return started !== undefined && Math.round(lastUpdated ?? 0) === started.lastUpdated ? started : undefined;
  }

  /** Whether the last status of a policy lists an association, or omits none. */
  isListed(uid: string, pair: string): boolean {
    const status = [...this.shown.values()].find((one) => one.uid === uid);
    return status?.omitsSince === undefined || status.pairs.has(pair);
  }

  /** Whether the status of a policy omits associations for lack of room. */
  hasOmittedAssociations(policy: string): boolean {
    return hasOmitted(this.cluster.get('workspaceapplicationpolicies', policy));
  }

  /** Records that anyone but the operator changes a WorkSpace now. */
  recordChangeByOthers(workspaceID: string): void {
    this.changedByOthersAt.set(workspaceID, this.time.elapsed);
    this.changesByOthers.set(workspaceID, [...(this.changesByOthers.get(workspaceID) ?? []), this.time.elapsed]);
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

import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster, Stored } from './cluster/simulatedCluster.ts';
import type { ActiveFaults } from './faults.ts';
import type { ProcessLedger, ToldWorkspace } from './processLedger.ts';
import type { Rules } from './rules.ts';
import type { SomeApplication, SomeWorkspace } from './selection.ts';
import type { SimulatedTime } from './time.ts';

/** What is wrong with a change, by the rule that it breaks. */
export interface RuleViolation {
  readonly rule: string;
  readonly message: string;
}

export type Goal = 'Remove' | 'Install';
export type Asking = ReturnType<ProcessLedger['policies']>[number];

/** A change as it is sent: by whom, on what, and what that process has been told of it. */
export interface Attempt {
  readonly ledger: ProcessLedger;
  readonly told: ToldWorkspace;
  /** With the tags that the process was told. */
  readonly workspace: SomeWorkspace;
  /** The rules as the process was told them. */
  readonly rules: Rules;
}

/** Approved with all that the status had no room for. */
export const WHOLE = 'the whole plan';

export function hasOmitted(policy: Stored | undefined): boolean {
  return ((policy?.status?.associationsOmitted as number | undefined) ?? 0) > 0;
}

/** What is to be seen of the world from outside, whatever the operator makes of it. Times are in milliseconds from the beginning. */
export class ObservedState {
  readonly time: SimulatedTime;
  readonly faults: ActiveFaults;
  readonly applications: ReadonlyMap<string, SomeApplication>;
  readonly cluster: SimulatedCluster;
  readonly cloud: SimulatedCloud;
  /** Since when the status of a policy shows that an association is to change, by policy and pair. Who isn't told that it is gone goes on by it. */
  readonly shownSince = new Map<
    string,
    {
      readonly uid: string | undefined;
      readonly pairs: ReadonlyMap<string, { readonly since: number; readonly isStarted: boolean }>;
    }
  >();
  /** What a person has approved, by policy. */
  readonly approved = new Map<string, Set<string>>();
  /** When the operator last changed a pair, or anything on a WorkSpace. */
  readonly changedAt = new Map<string, number>();
  /** WorkSpaces on which somebody else than the operator has changed something, and when last. */
  readonly disturbedAt = new Map<string, number>();
  /** For which policies a WorkSpace was last deployed. */
  readonly deployedFor = new Map<string, ReadonlySet<string>>();

  constructor(parts: Pick<ObservedState, 'time' | 'faults' | 'applications' | 'cluster' | 'cloud'>) {
    this.time = parts.time;
    this.faults = parts.faults;
    this.applications = parts.applications;
    this.cluster = parts.cluster;
    this.cloud = parts.cloud;
  }

  application(applicationID: string): SomeApplication {
    return this.applications.get(applicationID) ?? { applicationID, name: '' };
  }

  isApproved(policy: string, pair: string): boolean {
    const approved = this.approved.get(policy);
    return approved?.has(pair) === true || approved?.has(WHOLE) === true;
  }

  /** Whether the status of a policy has no room for all that it is about. */
  isShort(policy: string): boolean {
    return hasOmitted(this.cluster.get('workspaceapplicationpolicies', policy));
  }

  /** Whether somebody else than the operator has changed something on a WorkSpace within the last `ms` milliseconds. */
  wasDisturbed(workspaceID: string, ms: number): boolean {
    return this.time.elapsed - (this.disturbedAt.get(workspaceID) ?? Number.NEGATIVE_INFINITY) < ms;
  }
}

/** What a change rests on is younger than this when it is sent, in milliseconds. */
export const FRESH = 60_000;
/** A run makes changes for so long after it was planned, and then what it rests on may be as old as that. */
export const RUN = 10_000 + FRESH + 5_000;
export const PENDING: ReadonlySet<string> = new Set(['PENDING_INSTALL_DEPLOYMENT', 'PENDING_UNINSTALL_DEPLOYMENT']);
export const MOVING: ReadonlySet<string> = new Set([
  'PENDING_INSTALL',
  'INSTALLING',
  'PENDING_UNINSTALL',
  'UNINSTALLING',
]);
export const KNOWN: ReadonlySet<string> = new Set([...PENDING, ...MOVING, 'ERROR', 'COMPLETED', 'REMOVED']);

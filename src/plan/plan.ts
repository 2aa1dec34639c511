import type { AssociationID } from '../fleet/associationID.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { isProtected } from '../fleet/states.ts';
import type { Gaps } from '../inventory/snapshot.ts';
import type { ChangeOperation } from '../inventory/transitions.ts';
import type { Sequence } from '../sequence.ts';
import type { DesiredState, NextStep } from './nextStep.ts';
import type { Resolution } from './resolution.ts';
import type { Unrequested } from './unrequested.ts';
import type { Verdict } from './verdict.ts';

/** The evaluation of one application on one WorkSpace: a selected one, or one with a change that the operator reverts. */
export interface Finding {
  readonly workspace: Workspace;
  readonly application: Application;
  /** Association from AWS. Contains only the IDs if there is none. */
  readonly association: Association;
  readonly isAssociated: boolean;
  readonly verdict: Verdict;
  /** Human-readable explanation. Contains no names and no texts of policies in other namespaces. */
  readonly because: string;
  /** Explanation with these names and texts. Undefined if `because` is complete. */
  readonly unredacted?: string | undefined;
  /** End of the verdict, if it is known. */
  readonly until: Date | undefined;
  /** Desired state. Undefined if the policy requests no change. */
  readonly desired: DesiredState | undefined;
  /** Next step toward the desired state. Undefined without a desired state. */
  readonly step: NextStep | undefined;
  /** Failed operation of an association in ERROR, if it is known. */
  readonly failed: ChangeOperation | undefined;
  /** Whether a removal would be irreversible and the policy doesn't allow that. */
  readonly isIrreversible: boolean;
  /** Whether the verdict depends on a value that the operator doesn't know. */
  readonly isUndecided?: boolean | undefined;
  /** Replacement that the change is a part of. Undefined if it is a change of its own. */
  readonly replacement?: Replacement | undefined;
  /** Why the application can't be installed, or, for a removal, its replacement. Undefined if nothing is known that prevents it. */
  readonly incompatible?: Incompatibility | undefined;
  /** Why the change waits for the other part of a replacement that other policies are involved in. */
  readonly waitsFor?: Pick<HeldChange, 'message' | 'unredacted'> | undefined;
  /** Pending change that no policy requests: `Started` if the operator began it and reverts it, or `Unmanaged` if someone else did. */
  readonly unrequested?: Unrequested['unrequested'] | undefined;
}

/**
 * The removal of applications and the installation of others on the same WorkSpace, which are one change. WorkSpaces of a plan with the
 * same replacement share it.
 */
export interface Replacement {
  /** Applications that the policies remove, sorted by ID. */
  readonly removed: readonly Application[];
  /** Applications that the policies require instead, sorted by ID. */
  readonly installed: readonly Application[];
  /** Whether the evaluated policy makes both changes. Otherwise, other policies install the applications. */
  readonly isOwn: boolean;
  /** Whether the operator can complete all parts without manual action. */
  readonly canComplete: boolean;
}

/** Why an application can't be installed on a WorkSpace. */
export interface Incompatibility extends Pick<HeldChange, 'message' | 'unredacted' | 'until'> {
  /** Whether AWS would reject the installation according to its own data. Otherwise, AWS rejected it. */
  readonly isPredicted: boolean;
}

/** Whether the operator reverts the pending change of a finding, without a deployment. */
export function isRevert({ unrequested }: Pick<Finding, 'unrequested'>): boolean {
  return unrequested === 'Started';
}

/** A call to AWS that a finding requires now. */
export interface Change {
  readonly finding: Finding;
  readonly action: 'Associate' | 'Disassociate' | 'Deploy';
  /** Whether a Deploy repeats a failed deployment. */
  readonly force: boolean;
}

/** Reasons of holds in the order of their evaluation (holds/index.ts). */
export type HoldReason =
  | 'FleetSuspended'
  | 'Suspended'
  | 'AmbiguousApplication'
  | 'Protected'
  | 'UninstallOnly'
  | 'Conflict'
  | 'Incompatible'
  | 'ReplacementPending'
  | 'AwaitingApproval'
  | 'SafeguardExceeded'
  | 'UnmanagedChangesPending'
  | 'LicensePaid'
  | 'OutsideMaintenanceWindow'
  | 'UserConnected'
  | 'RecentlyConnected'
  | 'WorkspaceNotReady'
  | 'BackingOff'
  | 'Rejected'
  | 'Flapping'
  | 'RolloutHalted'
  | 'BudgetExhausted'
  | 'HourlyLimitReached'
  | 'ManualDeploy'
  | 'Audit';

export interface HeldChange {
  readonly change: Change;
  readonly reason: HoldReason;
  /** Human-readable cause of the hold, and what ends it. Contains no names and no texts of policies in other namespaces. */
  readonly message: string;
  /** Message with these names and texts. Undefined if `message` is complete. */
  readonly unredacted?: string | undefined;
  /** End of the hold, if it is known. */
  readonly until?: Date | undefined;
}

/** A WorkSpace that the operator leaves unchanged because it doesn't know a value that the decision depends on. */
export interface UndecidedWorkspace {
  readonly workspace: Workspace;
  /** Human-readable name of the unknown value. */
  readonly because: string;
}

/** The plan of a policy. The same input always results in the same plan, byte for byte. */
export interface Plan {
  /** Applications that the entries of the policy's lists match. */
  readonly resolution: Resolution;
  /** WorkSpaces that the policy selects, sorted by ID. */
  readonly selected: readonly Workspace[];
  /** Number of WorkSpaces that the policy selects. It exceeds `selected` if the WorkSpaces without a matching application weren't listed. */
  readonly selectedCount: number;
  /** WorkSpaces that the policy might select, sorted by ID. The other fields contain nothing about them. */
  readonly undecided: readonly UndecidedWorkspace[];
  /** Number of selected WorkSpaces without findings, because no usable response contained their associations. */
  readonly unreadCount: number;
  /** Unknown parts of the fleet. */
  readonly gaps: Gaps;
  /** Findings, sorted by WorkSpace, then by application. */
  readonly findings: Sequence<Finding>;
  /** Changes that the operator can make now. */
  readonly changes: Sequence<Change>;
  /** Changes that wait for the end of a hold. */
  readonly held: Sequence<HeldChange>;
}

/** Whether the desired state is not reached. A Conflict has no effective desired state. */
export function isPending({ step, verdict }: Finding): boolean {
  return step !== undefined && step.kind !== 'Done' && verdict !== 'Conflict';
}

/** Whether a pending change has started: it awaits its deployment, is in progress, or has failed. */
export function isStarted(finding: Finding): boolean {
  const { kind } = finding.step ?? {};
  return isPending(finding) && kind !== 'Disassociate' && kind !== 'Associate';
}

/** Whether a deployment for a finding is in progress or can be repeated, because the failed operation is known to be the desired one. */
export function isRetryable(finding: Finding): boolean {
  const { desired, failed, association } = finding;
  const failedAsDesired = failed !== undefined && desired === (failed === 'Install' ? 'Present' : 'Absent');
  return association.state === 'ERROR' ? failedAsDesired : isStarted(finding);
}

/** Whether the operator can reach the desired state of a pending finding without manual action. A revert is no outcome of the policy. */
export function willComplete(finding: Finding): boolean {
  const { replacement, incompatible } = finding;
  const isBlocked = incompatible?.isPredicted === true || (replacement?.isOwn === true && !replacement.canComplete);
  return canCompleteAlone(finding) && !isBlocked;
}

/** Like `willComplete`, for a change without the replacement that it is a part of. */
export function canCompleteAlone(finding: Finding): boolean {
  const isIrreversible = finding.desired === 'Absent' && finding.isIrreversible;
  return isPending(finding) && !isRevert(finding) && finding.step?.kind !== 'NeedsIntervention' && !isIrreversible;
}

/** Returns the IDs of the association of a finding. They are known without its association, which takes longer to create. */
export function associationIDOf({ workspace, application }: Finding): AssociationID {
  return { workspaceID: workspace.workspaceID, applicationID: application.applicationID };
}

/** Returns the number of disassociations among the changes of a plan, without reverts. */
export function disassociationsIn({ changes }: Plan): number {
  let count = 0;
  for (const { action, finding } of changes) {
    count += action === 'Disassociate' && !isRevert(finding) ? 1 : 0;
  }
  return count;
}

/**
 * Returns the number of WorkSpaces that lose applications, including removals in progress, without protected WorkSpaces, which lose none.
 * A WorkSpace whose tags were not read counts. The findings must be sorted by WorkSpace.
 */
export function affectedWorkspaces(findings: Iterable<Finding>): number {
  let affected = 0;
  let last: Workspace | undefined;
  for (const finding of findings) {
    const losesApplication = finding.desired === 'Absent' && willComplete(finding) && !isProtected(finding.workspace);
    if (losesApplication && finding.workspace !== last) {
      affected++;
      last = finding.workspace;
    }
  }
  return affected;
}

/**
 * Whether a run left changes of its plan to the next one, which needs no new reads of the fleet: it made changes and more are due, or
 * changes wait for the end of others.
 */
export function isRollingOut(
  { changes, held, findings }: Plan,
  { made }: { readonly made: readonly unknown[] },
): boolean {
  const isWaitingForOthers = held.some(({ reason }) => reason === 'BudgetExhausted');
  return (
    (made.length > 0 && changes.length > 0) ||
    (isWaitingForOthers && findings.some(({ step }) => step?.kind === 'Wait'))
  );
}

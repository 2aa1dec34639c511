import { compareBy, compareStrings } from '../compare.ts';
import { selects } from '../fleet/matching.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { ChangeOperation } from '../inventory/transitions.ts';
import type { Policy } from '../policy/policy.ts';
import { type DesiredState, type NextStep, nextStep } from './nextStep.ts';
import { type Resolution, resolveApplications } from './resolution.ts';
import { applicablePolicies, type Evaluator, evaluatorFor, type Verdict } from './verdict.ts';

/** One application on one WorkSpace that a policy is about, and what is to become of it. */
export interface Finding {
  readonly workspace: Workspace;
  readonly application: Application;
  /** As AWS lists it; where there is none, nothing but its ids. */
  readonly association: Association;
  readonly isAssociated: boolean;
  readonly verdict: Verdict;
  readonly because: string;
  /** When the verdict ends by itself, where that is known. */
  readonly until: Date | undefined;
  /** Undefined where the policy changes nothing about it. */
  readonly desired: DesiredState | undefined;
  /** Next step toward the desired state. */
  readonly step: NextStep | undefined;
  /** What an association in ERROR failed with, where that is known. */
  readonly failed: ChangeOperation | undefined;
  /** Whether its removal could never be undone, and the policy doesn't allow that. */
  readonly isIrreversible: boolean;
}

/** A finding that calls for a call now. */
export interface Change {
  readonly finding: Finding;
  readonly action: 'Associate' | 'Disassociate' | 'Deploy';
  /** For Deploy: repeats a deployment that failed. */
  readonly force: boolean;
}

/** Why a change isn't made now. The order is the order in which they are looked for (holds/index.ts). */
export type HoldReason =
  | 'FleetSuspended'
  | 'Suspended'
  | 'AmbiguousApplication'
  | 'Protected'
  | 'UninstallOnly'
  | 'Conflict'
  | 'AwaitingApproval'
  | 'SafeguardExceeded'
  | 'UnmanagedChangesPending'
  | 'OutsideMaintenanceWindow'
  | 'UserConnected'
  | 'WorkspaceNotReady'
  | 'BackingOff'
  | 'Rejected'
  | 'Flapping'
  | 'BudgetExhausted'
  | 'HourlyLimitReached'
  | 'ManualDeploy'
  | 'Audit';

export interface HeldChange {
  readonly change: Change;
  readonly reason: HoldReason;
  /** What holds it, and what would end that, for people. */
  readonly message: string;
  /** When it ends by itself, where that is known. */
  readonly until?: Date | undefined;
}

/** What a policy would do now, as data. The same input gives the same plan, byte for byte. */
export interface Plan {
  /** What the entries of the policy's lists name. */
  readonly resolution: Resolution;
  /** The WorkSpaces that the policy selects, by id. */
  readonly selected: readonly Workspace[];
  /** By WorkSpace, then by application. */
  readonly findings: readonly Finding[];
  readonly changes: readonly Change[];
  readonly held: readonly HeldChange[];
}

/** Compares what the policies ask for with what is there. Holds are applied afterwards, by `applyHolds`. */
export function planChanges(policy: Policy, policies: readonly Policy[], snapshot: Snapshot, now: Date): Plan {
  const selected = [...snapshot.workspaces.values()]
    .filter((workspace) => selects(policy.workspaceSelector, workspace, now))
    .sort(compareBy(({ workspaceID }) => workspaceID));
  const resolution = resolveApplications(policy, snapshot.applications);
  const evaluate = evaluatorFor(applicablePolicies(policy, policies), now);
  const required = resolution.required.map(({ applicationID }) => applicationID).sort(compareStrings);
  const findings: Finding[] = [];
  const changes: Change[] = [];
  for (const workspace of selected) {
    const associated = snapshot.associations.get(workspace.workspaceID);
    for (const applicationID of concernedOn(associated, required)) {
      const listed = associated?.get(applicationID);
      const finding = findingFor(policy, evaluate, workspace, applicationID, listed, snapshot);
      const change = finding && changeFor(finding);
      if (finding !== undefined) {
        findings.push(finding);
      }
      if (change !== undefined) {
        changes.push(change);
      }
    }
  }
  return { resolution, selected, findings, changes, held: [] };
}

/** The applications that a WorkSpace has, and the `required` ones (which come by id) that it hasn't, by id. */
function concernedOn(
  associated: ReadonlyMap<string, Association> | undefined,
  required: readonly string[],
): readonly string[] {
  if (associated === undefined) {
    return required;
  }
  const ids = [...associated.keys()];
  for (const id of required) {
    if (!associated.has(id)) {
      ids.push(id);
    }
  }
  return ids.length < 2 ? ids : ids.sort(compareStrings);
}

/** Whether something is to be installed on or taken from the WorkSpace and that isn't finished, begun or not. A Conflict does neither. */
export function isPending({ step, verdict }: Finding): boolean {
  return step !== undefined && step.kind !== 'Done' && verdict !== 'Conflict';
}

/** Whether what is unfinished has begun: it awaits its deployment, AWS is at work on it, or it has failed. */
export function isStarted(finding: Finding): boolean {
  const { kind } = finding.step ?? {};
  return isPending(finding) && kind !== 'Disassociate' && kind !== 'Associate';
}

/** Whether a deployment is being repeated for it, or may be: it is known that what failed was what the policy wants. */
export function isRetryable(finding: Finding): boolean {
  const { desired, failed, association } = finding;
  const failedAsDesired = failed !== undefined && desired === (failed === 'Install' ? 'Present' : 'Absent');
  return association.state === 'ERROR' ? failedAsDesired : isStarted(finding);
}

/**
 * Whether an application could never be installed again once it is removed: Office 2016 and 2019 (AWS: UNINSTALL_ONLY). One of which
 * AWS says nothing may be among them, and no policy can have meant that.
 */
function isIrreversible({ state }: Application, { allowUninstallOnly }: Policy): boolean {
  return state === undefined || (state === 'UNINSTALL_ONLY' && !allowUninstallOnly);
}

/** Whether it is to come to what the policy wants, now or later, without anybody looking into it first. */
export function willComplete(finding: Finding): boolean {
  const isIrreversible = finding.desired === 'Absent' && finding.isIrreversible;
  return isPending(finding) && finding.step?.kind !== 'NeedsIntervention' && !isIrreversible;
}

/** What a finding is to come to, in words that stay the same however far it has got. */
export function outcomeOf({ desired, association }: Finding): string {
  const verb = desired === 'Absent' ? 'loses' : 'gains';
  return `${association.workspaceID} ${verb} ${association.applicationID}`;
}

/** How many of its changes disassociate something. */
export function disassociationsIn({ changes }: Plan): number {
  return changes.filter(({ action }) => action === 'Disassociate').length;
}

/** How many WorkSpaces lose something, what is under way included. The findings come by WorkSpace, as a plan's do. */
export function affectedWorkspaces(findings: readonly Finding[]): number {
  let affected = 0;
  let last: Workspace | undefined;
  for (const finding of findings) {
    if (finding.workspace !== last && finding.desired === 'Absent' && willComplete(finding)) {
      affected++;
      last = finding.workspace;
    }
  }
  return affected;
}

function findingFor(
  policy: Policy,
  evaluate: Evaluator,
  workspace: Workspace,
  applicationID: string,
  listed: Association | undefined,
  snapshot: Snapshot,
): Finding | undefined {
  const application = snapshot.applications.get(applicationID) ?? { applicationID };
  const evaluation = evaluate(workspace, application);
  if (evaluation === undefined || (listed === undefined && evaluation.desired === undefined)) {
    return undefined;
  }
  const association = listed ?? { workspaceID: workspace.workspaceID, applicationID };
  const { verdict, because, until, desired } = evaluation;
  const failed = snapshot.failedOperation(association);
  return {
    workspace,
    application,
    association,
    isAssociated: listed !== undefined,
    verdict,
    because,
    until,
    desired,
    step: desired && nextStep(desired, listed, failed),
    failed,
    isIrreversible: isIrreversible(application, policy),
  };
}

function changeFor(finding: Finding): Change | undefined {
  const { step } = finding;
  switch (step?.kind) {
    case 'Associate':
    case 'Disassociate':
      return { finding, action: step.kind, force: false };
    case 'Deploy':
      return { finding, action: step.kind, force: step.force };
    default:
      return undefined;
  }
}

import { createHash } from 'node:crypto';
import { selects } from '../fleet/matching.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { type RemovalStep, removalStep } from './removal.ts';
import { type Judge, judgeFor, type Verdict, votersFor } from './verdict.ts';

/** One association that a policy is about, and what is to become of it. */
export interface Finding {
  readonly workspace: Workspace;
  readonly application: Application;
  readonly association: Association;
  readonly verdict: Verdict;
  readonly because: string;
  /** Undefined where the policy takes nothing away. */
  readonly removal: RemovalStep | undefined;
  /** Whether it is known that what failed was an uninstall. */
  readonly wasUninstall: boolean;
  /** Whether its removal could never be undone, and the policy doesn't allow that. */
  readonly mustStay: boolean;
}

/** A finding that calls for a call now. */
export interface Change {
  readonly finding: Finding;
  readonly action: 'Disassociate' | 'Deploy';
  /** For Deploy: repeats a deployment that failed. */
  readonly force: boolean;
}

/** Why a change isn't made now. The order is the order in which they are looked for (holds/index.ts). */
export type HoldReason =
  | 'Suspended'
  | 'UninstallOnly'
  | 'Conflict'
  | 'SafeguardExceeded'
  | 'OthersPendingChanges'
  | 'OutsideMaintenanceWindow'
  | 'WorkspaceNotReady'
  | 'BackingOff'
  | 'Refused'
  | 'BudgetExhausted'
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
  /** A hash of the outcome, which WorkSpace loses which application, whatever has been done of it; empty if nothing is lost. */
  readonly id: string;
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
    .filter((workspace) => selects(policy.workspaceSelector, workspace))
    .sort((a, b) => compare(a.workspaceId, b.workspaceId));
  const judge = judgeFor(votersFor(policy, policies), now);
  const findings = selected.flatMap((workspace) =>
    [...(snapshot.associations.get(workspace.workspaceId)?.values() ?? [])]
      .sort((a, b) => compare(a.applicationId, b.applicationId))
      .flatMap((association) => findingFor(policy, judge, workspace, association, snapshot) ?? []),
  );
  return {
    id: outcomeId(findings),
    selected,
    findings,
    changes: findings.flatMap((finding) => changeFor(finding) ?? []),
    held: [],
  };
}

/** Whether something is to be taken from the WorkSpace and that isn't finished, begun or not. A Conflict takes nothing. */
export function isUnfinishedRemoval({ removal, verdict }: Finding): boolean {
  return removal !== undefined && removal.next !== 'Done' && verdict !== 'Conflict';
}

/**
 * Whether an application could never be installed again once it is removed: Office 2016 and 2019 (AWS: UNINSTALL_ONLY). One of which
 * AWS says nothing may be among them, and no policy can have meant that.
 */
function mustStay({ state }: Application, { allowUninstallOnly }: Policy): boolean {
  return state === undefined || (state === 'UNINSTALL_ONLY' && !allowUninstallOnly);
}

/** Whether an association can go by itself, now or later: nobody has to look first. */
function isLost(finding: Finding): boolean {
  return isUnfinishedRemoval(finding) && finding.removal?.next !== 'Stop' && !finding.mustStay;
}

/** How many WorkSpaces lose something by a plan, what is under way included. */
export function affectedWorkspaces({ findings }: Plan): number {
  return new Set(findings.filter(isLost).map(({ workspace }) => workspace.workspaceId)).size;
}

function findingFor(
  policy: Policy,
  judge: Judge,
  workspace: Workspace,
  association: Association,
  snapshot: Snapshot,
): Finding | undefined {
  const { applicationId } = association;
  const application = snapshot.applications.get(applicationId) ?? { applicationId };
  const judgement = judge(workspace, application);
  if (judgement === undefined) {
    return undefined;
  }
  const { verdict, because } = judgement;
  const wasUninstall = snapshot.wasUninstall(association);
  const removal = judgement.asksForRemoval ? removalStep(association, wasUninstall) : undefined;
  return {
    workspace,
    application,
    association,
    verdict,
    because,
    removal,
    wasUninstall,
    mustStay: mustStay(application, policy),
  };
}

function changeFor(finding: Finding): Change | undefined {
  const { removal } = finding;
  if (removal?.next === 'Disassociate') {
    return { finding, action: 'Disassociate', force: false };
  }
  return removal?.next === 'Deploy' ? { finding, action: 'Deploy', force: removal.force } : undefined;
}

function outcomeId(findings: readonly Finding[]): string {
  const lost = findings
    .filter(isLost)
    .map(({ association }) => `${association.workspaceId} loses ${association.applicationId}\n`);
  return lost.length === 0 ? '' : createHash('sha256').update(lost.join('')).digest('hex').slice(0, 16);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

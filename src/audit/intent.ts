import type { Association } from '../fleet/model.ts';
import { isAwaitingDeployment } from '../fleet/states.ts';
import { type Approval, carriedOutPlanID, isApproved } from '../plan/approval.ts';
import { type Change, type Finding, isRevert } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { PolicyAuthors } from './policyAuthors.ts';
import type { ChangeCall, IntentRecord, RecordedChange, RecordedState } from './record.ts';

/** What a call changes, and why. */
export interface IntentInputs {
  readonly policy: Policy;
  /** Changes that the call makes. A deployment can have several. */
  readonly changes: readonly [Change, ...Change[]];
  /** All associations of the WorkSpace, as far as they are known. */
  readonly associations: ReadonlyMap<string, Association>;
  /** Approval of the run. */
  readonly approval: Approval;
  readonly authors?: PolicyAuthors | undefined;
  readonly location: { readonly name: string | undefined; readonly accountID: string; readonly region: string };
  /** ARN of the AWS identity that makes the call. Undefined if it is unknown. */
  readonly callerARN?: string | undefined;
}

const CALLS: Readonly<Record<Change['action'], ChangeCall>> = {
  Associate: 'AssociateWorkspaceApplication',
  Disassociate: 'DisassociateWorkspaceApplication',
  Deploy: 'DeployWorkspaceApplications',
};

/** Maximum number of characters of an explanation. */
const MAX_REASON_CHARACTERS = 512;
/** Maximum number of applications in a record. AWS allows fewer on a WorkSpace. */
const MAX_APPLICATIONS = 100;

/** Returns the record of a call that is about to be sent. */
export function intentOf(inputs: IntentInputs): IntentRecord {
  const { policy, changes, associations, approval, authors, location, callerARN } = inputs;
  const [{ action, finding: first }] = changes;
  const findings = changes.map(({ finding }) => finding);
  const requested = findings.filter((finding) => !isRevert(finding));
  const isApprovedByUser = requested.some((finding) => isApproved(finding, approval));
  const ids = new Set(findings.map(({ association }) => association.applicationID));
  const others = [...associations.values()].filter((one) => isAwaitingDeployment(one) && !ids.has(one.applicationID));
  return {
    kind: 'Intent',
    call: CALLS[action],
    force: changes.some(({ force }) => force),
    workspaceID: first.workspace.workspaceID,
    userName: first.workspace.userName === undefined ? null : sanitize(first.workspace.userName, 63),
    changes: findings.slice(0, MAX_APPLICATIONS).map(recordedChange),
    alsoPending: action === 'Deploy' ? others.slice(0, MAX_APPLICATIONS).map(recordedState) : [],
    policy: { namespace: policy.namespace, name: policy.name, uid: policy.uid, generation: policy.generation },
    plan: carriedOutPlanID(requested, approval),
    editedBy: authors?.editedBy ?? null,
    approvedBy: (isApprovedByUser ? authors?.approvedBy : undefined) ?? null,
    fleet: location.name ?? null,
    accountID: location.accountID,
    region: location.region,
    caller: callerARN === undefined ? null : sanitize(callerARN, 2048),
  };
}

function recordedChange(finding: Finding): RecordedChange {
  const { application, association, desired, verdict, because, unredacted = because } = finding;
  return {
    applicationID: application.applicationID,
    applicationName: application.name === undefined ? null : sanitize(application.name),
    before: association.state === undefined ? null : sanitize(association.state, 64),
    desired: desired ?? null,
    verdict,
    reason: sanitize(unredacted, MAX_REASON_CHARACTERS),
    revert: isRevert(finding),
  };
}

/** Returns the state of an association. */
export function recordedState({ applicationID, state }: Association): RecordedState {
  return { applicationID, state: state === undefined ? null : sanitize(state, 64) };
}

import { selects } from '../fleet/matching.ts';
import type { Association, Workspace } from '../fleet/model.ts';
import { isAwaitingDeployment } from '../fleet/states.ts';
import { applicationIn, type Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { nextStep } from './nextStep.ts';
import type { Finding } from './plan.ts';
import {
  goalOf,
  mayRequestOnceKnown,
  requestOf,
  revertMessage,
  type StartedView,
  unmanagedMessage,
} from './reverts.ts';

/** What a plan depends on in addition to the snapshot. */
export interface StartedInputs {
  readonly started: StartedView;
  /** Policies that can select WorkSpaces with started changes, including the policy itself. */
  readonly peers: readonly Policy[];
  /** Directories of the fleet. Undefined for all directories. Nothing is reverted outside them. */
  readonly directoryIDs?: ReadonlySet<string> | undefined;
}

/** Returns the finding for an association: the given one, unless its change is pending and no policy requests the change. */
type UnrequestedFinding = (
  association: Association,
  workspace: Workspace,
  finding: Finding | undefined,
) => Finding | undefined;

/** Returns the function for the findings of a policy. */
export function unrequestedFor(
  policy: Policy,
  { started, peers }: StartedInputs,
  snapshot: Snapshot,
  now: Date,
): UnrequestedFinding {
  const request = requestOf(peers, now, policy);
  return (association, workspace, finding) => {
    if (!isAwaitingDeployment(association) || finding?.desired !== undefined || finding?.isUndecided === true) {
      return finding;
    }
    const isOwn = started.isStartedBy(policy, association);
    if (!isOwn && (finding === undefined || finding.verdict === 'Conflict' || started.isStarted(association))) {
      return finding;
    }
    const application = applicationIn(snapshot, association.applicationID);
    if (selects(policy.workspaceSelector, workspace, now) === true && mayRequestOnceKnown(policy, application)) {
      return finding;
    }
    const requested = request(association, workspace, application);
    if (requested === 'Requested' || requested === 'Undecided') {
      return finding;
    }
    if (!isOwn) {
      return (
        finding && {
          ...finding,
          unrequested: 'Unmanaged',
          ...explained(finding, (reason = '') => unmanagedMessage(association, reason)),
        }
      );
    }
    const desired = goalOf(association) === 'Absent' ? 'Present' : 'Absent';
    return {
      workspace,
      application,
      association,
      isAssociated: true,
      verdict: requested === 'Conflict' ? 'Conflict' : (finding?.verdict ?? 'Ignored'),
      ...explained(finding, (reason) => revertMessage(association, reason)),
      until: finding?.until,
      desired,
      step: nextStep(desired, association, undefined),
      failed: undefined,
      isIrreversible: false,
      unrequested: 'Started',
    };
  };
}

/** Returns the explanation of a finding as a part of a message, without and with the names and the texts of other namespaces. */
function explained(
  finding: Pick<Finding, 'because' | 'unredacted'> | undefined,
  messageFor: (reason: string | undefined) => string,
): Pick<Finding, 'because' | 'unredacted'> {
  const { because, unredacted } = finding ?? {};
  return { because: messageFor(because), unredacted: unredacted === undefined ? undefined : messageFor(unredacted) };
}

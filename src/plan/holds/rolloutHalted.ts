import { resumeCommandLine } from '../../policy/annotations.ts';
import type { Policy } from '../../policy/policy.ts';
import { sanitize } from '../../sanitize.ts';
import type { Finding } from '../plan.ts';
import { describeMaxFailures, permittedWorkspaces, type RolloutProgress } from '../rollout.ts';
import type { Hold } from './hold.ts';

/** Maximum number of failed WorkSpaces in a message. */
const MAX_LISTED = 3;
const MAX_ERROR_LENGTH = 160;

/** A deployment that fails locks out its user, so the others wait until a person has found the cause. */
export const rolloutHalted: Hold = {
  reason: 'RolloutHalted',
  meaning:
    'The first deployment of the rollout failed, or deployments failed on `rollout.maxFailures` WorkSpaces. No other WorkSpace changes. The operator still repeats the failed deployments up to `retry.limit` times.',
  endsWhen: 'You resume the policy (`kubectl wsap resume`), you edit its spec, or a repeated deployment succeeds.',
  prepare: (_, { policy, rollout }) => {
    if (rollout?.isHalted !== true) {
      return undefined;
    }
    const permitted = permittedWorkspaces([], rollout);
    const message = haltedMessage(policy, rollout);
    return ({ finding }) => (permitted.has(finding.workspace.workspaceID) ? undefined : { message });
  },
};

/** Returns what failed where, and how to continue. */
function haltedMessage(policy: Policy, rollout: RolloutProgress): string {
  const { failed, isUnproven } = rollout;
  const count = failed.size === 1 ? '1 WorkSpace' : `${failed.size} WorkSpaces`;
  const cause = isUnproven
    ? 'the first deployment of the rollout failed'
    : `deployments failed on ${count}, and spec.rollout.maxFailures is ${describeMaxFailures(policy, rollout)}`;
  const listed = [...failed.values()].slice(0, MAX_LISTED).map(describeFailure);
  const more = failed.size > MAX_LISTED ? [`and on ${failed.size - MAX_LISTED} more`] : [];
  return [
    cause,
    'the other WorkSpaces do not change',
    ...listed,
    ...more,
    `to continue after you fixed the cause, run: ${resumeCommandLine(policy)}`,
  ].join('; ');
}

function describeFailure({ workspace: { workspaceID, userName }, association: { stateReason } }: Finding): string {
  const { errorCode = 'unknown error', errorMessage } = stateReason ?? {};
  const user = userName === undefined ? '' : ` (${sanitize(userName, 63)})`;
  const detail =
    errorMessage === undefined || errorMessage === '' ? '' : `: ${sanitize(errorMessage, MAX_ERROR_LENGTH)}`;
  return `${sanitize(workspaceID, 66)}${user}: ${sanitize(errorCode, 64)}${detail}`;
}

import { isTransitioning } from '../../fleet/states.ts';
import { someState } from '../../inventory/associationTable.ts';
import { resolveIntOrPercent } from '../../policy/intOrPercent.ts';
import { sanitize } from '../../sanitize.ts';
import { type Change, isRevert, type Plan } from '../plan.ts';
import { describeMaxFailures, permittedWorkspaces, type RolloutProgress } from '../rollout.ts';
import type { Held, Hold, HoldContext } from './hold.ts';

/** Limits the number of WorkSpaces that change at the same time. */
export const budgetExhausted: Hold = {
  reason: 'BudgetExhausted',
  meaning:
    'As many WorkSpaces are changing as `rollout.maxInProgress` permits, as may still fail (`rollout.maxFailures`), or the first WorkSpace of the rollout, which goes alone.',
  endsWhen: 'Fewer WorkSpaces are changing.',
  prepare: (plan, context) => {
    const checks = [inProgressLimit(plan, context), failureLimit(plan, context)].filter((check) => check !== undefined);
    return checks.length === 0
      ? undefined
      : (change) => {
          const [held] = checks.flatMap((check) => check(change) ?? []);
          return held;
        };
  },
};

type Check = (change: Change) => Held | undefined;

/**
 * Limits the number of WorkSpaces in flight, including changes of other policies and users. Another change of a WorkSpace in flight increases
 * the number by none.
 */
function inProgressLimit(plan: Plan, { policy: { maxInProgress }, snapshot }: HoldContext): Check | undefined {
  if (maxInProgress === undefined) {
    return undefined;
  }
  const limit = resolveIntOrPercent(maxInProgress, plan.selectedCount);
  const isInFlight = (workspaceID: string, state: string | undefined) =>
    state === 'UPDATING' || someState(snapshot.associations.get(workspaceID), isTransitioning);
  const inFlight = new Set(
    plan.selected
      .filter(({ workspaceID, state }) => isInFlight(workspaceID, state))
      .map(({ workspaceID }) => workspaceID),
  );
  // Changes that have started take precedence.
  const started = new Set<string>();
  const others = new Set<string>();
  for (const { action, finding } of plan.changes) {
    if (!isRevert(finding)) {
      (action === 'Deploy' ? started : others).add(finding.workspace.workspaceID);
    }
  }
  const ids = new Set([...started, ...others]);
  const free = limit - inFlight.size;
  const starting = [...ids].filter((id) => !inFlight.has(id)).slice(0, Math.max(0, free));
  const permitted = new Set(free < 0 ? [] : [...inFlight, ...starting]);
  const changing = Math.min(limit, inFlight.size + starting.length);
  const message = `${changing} of at most ${limit} WorkSpaces are changing (spec.rollout.maxInProgress)`;
  return ({ finding }) => (permitted.has(finding.workspace.workspaceID) ? undefined : { message });
}

/** Limits the number of WorkSpaces that change at the same time to the number of deployments that may still fail. */
function failureLimit(plan: Plan, { policy, rollout }: HoldContext): Check | undefined {
  if (rollout === undefined) {
    return undefined;
  }
  const permitted = permittedWorkspaces(plan.changes, rollout);
  const message = rollout.isUnproven
    ? describeUnproven(permitted, rollout)
    : `at most ${describeMaxFailures(policy, rollout)} deployments may fail (spec.rollout.maxFailures), and this number is in progress or has failed`;
  return ({ finding }) => (permitted.has(finding.workspace.workspaceID) ? undefined : { message });
}

/** A WorkSpace after the first one changes alone, too, until a status records whether the deployment of the first one succeeded. */
function describeUnproven([first = '']: Iterable<string>, { canary = first }: RolloutProgress): string {
  return canary === first
    ? `the first WorkSpace of the rollout (${sanitize(first, 66)}) goes alone, and its deployment has not succeeded yet`
    : `one WorkSpace (${sanitize(first, 66)}) changes until the status shows the result of the first one (${sanitize(canary, 66)})`;
}

import { millisecondsOf } from '../manifests.ts';
import type { ObservedState } from '../observedState.ts';
import { isWithin, type PolicyContext, requestsChange, resolveIntOrPercent } from '../policyContext.ts';
import type { KnownPolicy, ProcessLedger } from '../processLedger.ts';
import { selects } from '../selection.ts';
import { START_TIME } from '../time.ts';

/** States of an association that is not removed. */
const NO_DRIFT: ReadonlySet<string | undefined> = new Set([undefined, 'REMOVED', 'ERROR']);

/**
 * Whether the plan of a policy removes applications from more WorkSpaces than permitted. Counts only drift that
 * existed before the last run.
 */
export function exceedsSafeguard(
  policy: KnownPolicy,
  context: PolicyContext,
  ledger: ProcessLedger,
  observed: ObservedState,
): boolean {
  const { spec, learnedAt } = policy;
  const { time, cloud, faults } = observed;
  const since = 3 * 60_000 + millisecondsOf(spec.interval ?? '10m') * 1.1;
  const isNew = time.elapsed - learnedAt < since || time.elapsed < since;
  // At the start, all plans are based on equally recent reads if all policies existed then.
  const isBeginning = time.elapsed < since && !areMixed(ledger);
  // A truncated list can't be detected.
  if ((isNew && !isBeginning) || faults.wasActive('TruncatedPages', since)) {
    return false;
  }
  const then = Math.max(START_TIME, time.now - since);
  const all = cloud.workspaces.filter((one) => {
    const facts = cloud.factsOf(one);
    return selects(spec, facts, time.now) === true && (context.fleet === undefined || isWithin(context.fleet, facts));
  });
  // A process can't know that the protection has ended before it reads the tags again.
  const isProtected = (id: string) => 'wsap.dev/protect' in (ledger.workspace(id).tags?.value ?? {});
  const drifted = all.filter((workspace) => {
    return (
      !isProtected(workspace.workspaceID) &&
      [...workspace.associations.values()].some(
        ({ workspaceID, applicationID }) =>
          // Drift that came back since, for example, by a rebuild, may be unknown to the process.
          !cloud.statesSince({ workspaceID, applicationID }, then).some((state) => NO_DRIFT.has(state)) &&
          !observed.isApproved(policy, `${workspace.workspaceID} ${applicationID}`, 'Remove') &&
          requestsChange('Remove', policy, context, cloud.factsOf(workspace), observed.application(applicationID)),
      )
    );
  });
  return drifted.length > resolveIntOrPercent(spec.safeguards?.maxAffectedWorkspaces ?? '20%', all.length);
}

/**
 * Whether the process received some policies later than others, so that plans with different policies may be in
 * progress.
 */
function areMixed(ledger: ProcessLedger): boolean {
  const learnedAt = ledger.policies().map((one) => one.learnedAt);
  return Math.max(...learnedAt) - Math.min(...learnedAt) > 2_000;
}

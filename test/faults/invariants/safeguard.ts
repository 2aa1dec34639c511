import { millisecondsOf } from '../manifests.ts';
import type { Asking, ObservedState } from '../observedState.ts';
import type { ProcessLedger } from '../processLedger.ts';
import { asksFor, countOf, isWithin, type Rules } from '../rules.ts';
import { selects } from '../selection.ts';
import { BEGINNING } from '../time.ts';

/** Whether a policy's plan takes something from more WorkSpaces than it may, counting what has been so since before its last run. */
export function isTooMuch(
  { key, spec, learntAt }: Asking,
  rules: Rules,
  ledger: ProcessLedger,
  observed: ObservedState,
): boolean {
  const { time, cloud, faults } = observed;
  const since = 3 * 60_000 + millisecondsOf(spec.interval ?? '10m') * 1.1;
  const isNew = time.elapsed - learntAt < since || time.elapsed < since;
  // Right after the beginning every plan rests on reads that are as young, if all policies were there then.
  const isBeginning = time.elapsed < since && !areMixed(ledger);
  // Nobody can tell that a page is missing if AWS says that it was the last one.
  if ((isNew && !isBeginning) || faults.wasAtWork('TruncatedPages', since)) {
    return false;
  }
  const then = Math.max(BEGINNING, time.now - since);
  const all = cloud.workspaces.filter(
    (one) => selects(spec, one, time.now) && (rules.fleet === undefined || isWithin(rules.fleet, one)),
  );
  const drifted = all.filter((workspace) => {
    const before = new Map(
      cloud.associationsAt(workspace.workspaceID, then).map((one) => [one.applicationID, one.state]),
    );
    return [...workspace.associations.values()].some(
      ({ applicationID, state }) =>
        state !== 'REMOVED' &&
        state !== 'ERROR' &&
        !['REMOVED', 'ERROR', undefined].includes(before.get(applicationID)) &&
        !observed.isApproved(key, `${workspace.workspaceID} ${applicationID}`) &&
        asksFor('Remove', { key, spec }, rules, workspace, observed.application(applicationID)),
    );
  });
  return drifted.length > countOf(spec.safeguards?.maxAffectedWorkspaces ?? '20%', all.length);
}

/** Whether some policies were learnt later than others: plans that rest on different ones may be under way. */
function areMixed(ledger: ProcessLedger): boolean {
  const learntAt = ledger.policies().map((one) => one.learntAt);
  return Math.max(...learntAt) - Math.min(...learntAt) > 2_000;
}

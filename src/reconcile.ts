import { apply } from './execute/apply.ts';
import { changesPastGracePeriod } from './history/gracePeriod.ts';
import type { Snapshot } from './inventory/snapshot.ts';
import { type Observed, observe, observeChanges, SESSION_TTL_MS } from './observe.ts';
import { isRecorded } from './plan/approval.ts';
import { type DecideContext, type Decision, decide } from './plan/decide.ts';
import { phase, type Run } from './run.ts';
import { completeInSlices } from './slices.ts';
import { type Reconciliation, report, reportFailedReads } from './status/report.ts';
import { rolloutRecordOf } from './status/rolloutGuard.ts';
import { initialState, type RunState, recordedHistory } from './status/runState.ts';
import { confirmedRemovals } from './status/unconfirmedRemovals.ts';

/** Reconciles one policy once: observe, decide, apply, decide again, report. Never rejects with a FleetError; the status contains the error. */
export async function reconcile(given: Run): Promise<Reconciliation> {
  const { policy, annotations, previous, history, inventory, clock } = given;
  const run = { ...given, rollout: rolloutRecordOf(policy, previous, annotations.resume) };
  const { approval: request, reconcileRequestedAt, receivedAt } = annotations;
  if (run.state === undefined) {
    history.restore(policy, recordedHistory(policy, run.recorded ?? previous, run.location), inventory, clock.now());
  }
  const state = run.state ?? initialState(policy, previous, run.location, run.recorded);
  const isRequested = reconcileRequestedAt !== previous?.lastHandledReconcileAt;
  const reportContext = () => ({ ...run, now: clock.now(), monotonic: clock.monotonic(), random: run.random() });
  const decideOn = (snapshot: Snapshot, approval: DecideContext['approval']) =>
    phase('decide', run, async () => {
      const deciding = decide(policy, snapshot, { ...run, approval, request, now: clock.now() });
      const decision = await completeInSlices(deciding, clock);
      run.intents.set(policy.key, decision.intent);
      return decision;
    });

  const observed = await phase('observe', run, () => observe(run, state, isRequested ? receivedAt : undefined));
  const { snapshot, blocker } = observed;
  if (blocker !== undefined) {
    return phase('report', run, () => reportFailedReads(state, blocker, reportContext()));
  }
  history.recordRemovals(policy, confirmedRemovals(state.unconfirmedRemovals, previous, observed, history.removals));

  // A plan of a large fleet takes much memory, so that a run drops one before it makes the next one.
  let decision: Decision | undefined = await decideOn(snapshot, state.approval);
  const sessionsSince = clock.now().getTime() - SESSION_TTL_MS;
  if (await observeFor(decision, snapshot, sessionsSince, run)) {
    decision = undefined;
    decision = await decideOn(await inventory.withLatest(snapshot), state.approval);
  }
  const { approval } = decision;
  const { outcome, isUnchanged } = await applyDue(decision, observed, state, run);

  const latest = isUnchanged ? snapshot : await inventory.withLatest(snapshot);
  if (!isUnchanged) {
    decision = undefined;
    decision = await decideOn(latest, approval);
  }
  const after = decision;
  const confirmed = history.settle(policy, after.plan, latest, clock.now());
  const total = { ...outcome, made: [...confirmed, ...outcome.made] };
  return phase('report', run, () =>
    completeInSlices(report({ state, observed, approval, outcome: total, latest, after }, reportContext()), clock),
  );
}

type DecidedRun = Run & Pick<DecideContext, 'rollout'>;

function observeFor(decision: Decision, snapshot: Snapshot, sessionsSince: number, run: Run): Promise<boolean> {
  return phase('observe', run, () => observeChanges(run, decision, snapshot, sessionsSince));
}

/** Makes the changes that the status has shown long enough. */
async function applyDue(decision: Decision, observed: Observed, { approval, firstSeen }: RunState, run: DecidedRun) {
  const { policy, clock, gracePeriodMs, rollout } = run;
  const shownSince = clock.monotonic() - gracePeriodMs;
  // The status records an approval or a resumption before the operator acts on it, so that no restart can use it twice.
  const isActing = isRecorded(decision.approval, approval) && rollout?.isResuming !== true;
  const due = isActing
    ? await completeInSlices(changesPastGracePeriod(decision.plan, policy, firstSeen, shownSince), clock)
    : { ...decision.plan, changes: [] };
  const outcome = await phase('apply', run, () => apply(due, decision, observed, run));
  return { outcome, isUnchanged: due.changes.length === 0 };
}

import { apply } from './execute/apply.ts';
import { changesPastGracePeriod } from './history/gracePeriod.ts';
import type { Snapshot } from './inventory/snapshot.ts';
import { observe, observeChanges, SESSION_TTL_MS } from './observe.ts';
import { isRecorded } from './plan/approval.ts';
import { type DecideContext, decide } from './plan/decide.ts';
import { phase, type Run } from './run.ts';
import { completeInSlices } from './slices.ts';
import { type Reconciliation, report, reportFailedReads } from './status/report.ts';
import { rolloutRecordOf } from './status/rolloutGuard.ts';
import { initialState, recordedHistory } from './status/runState.ts';
import { confirmedRemovals } from './status/unconfirmedRemovals.ts';

/** Reconciles one policy once: observe, decide, apply, decide again, report. Never rejects with a FleetError; the status contains the error. */
export async function reconcile(run: Run): Promise<Reconciliation> {
  const { policy, annotations, previous, history, inventory, clock } = run;
  const { approval: request, reconcileRequestedAt, receivedAt } = annotations;
  if (run.state === undefined) {
    history.restore(policy, recordedHistory(policy, previous, run.location), inventory, clock.now());
  }
  const state = run.state ?? initialState(policy, previous, run.location);
  const isRequested = reconcileRequestedAt !== previous?.lastHandledReconcileAt;
  const rollout = rolloutRecordOf(policy, previous, annotations.resume);
  const reportContext = () => ({
    ...run,
    rollout,
    now: clock.now(),
    monotonic: clock.monotonic(),
    random: run.random(),
  });
  const decideOn = (snapshot: Snapshot, approval: DecideContext['approval']) =>
    phase('decide', run, async () => {
      const deciding = decide(policy, snapshot, { ...run, approval, request, rollout, now: clock.now() });
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

  let decision = await decideOn(snapshot, state.approval);
  const sessionsSince = clock.now().getTime() - SESSION_TTL_MS;
  if (await phase('observe', run, () => observeChanges(run, decision, snapshot, sessionsSince))) {
    decision = await decideOn(await inventory.withLatest(snapshot), state.approval);
  }

  const shownSince = clock.monotonic() - run.gracePeriodMs;
  // The status records an approval or a resumption before the operator acts on it, so that no restart can use it twice.
  const isActing = isRecorded(decision.approval, state.approval) && !rollout.isResuming;
  const due = isActing
    ? await completeInSlices(changesPastGracePeriod(decision.plan, policy, state.firstSeen, shownSince), clock)
    : { ...decision.plan, changes: [] };
  const outcome = await phase('apply', run, () => apply(due, decision, observed, run));

  const isUnchanged = due.changes.length === 0;
  const latest = isUnchanged ? snapshot : await inventory.withLatest(snapshot);
  const after = isUnchanged ? decision : await decideOn(latest, decision.approval);
  const confirmed = history.settle(policy, after.plan, latest, clock.now());
  const total = { ...outcome, made: [...confirmed, ...outcome.made] };
  return phase('report', run, () =>
    completeInSlices(report({ state, observed, decision, outcome: total, latest, after }, reportContext()), clock),
  );
}

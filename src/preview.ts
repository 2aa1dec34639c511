import type { Snapshot } from './inventory/snapshot.ts';
import { type ObserveContext, observe, observeChanges } from './observe.ts';
import { type DecideContext, type Decision, decide } from './plan/decide.ts';
import { disclose } from './plan/disclosure.ts';
import { type DriftSource, driftSources } from './plan/driftSources.ts';
import type { Policy } from './policy/policy.ts';
import type { Sequence } from './sequence.ts';
import { complete, completeInSlices } from './slices.ts';
import { type Assessment, assess } from './status/assessment.ts';
import { planBlocker } from './status/blocker.ts';
import type { Blocker } from './status/conditions.ts';
import { type RestoredWorkspace, restoredWorkspaces, selectedOf, unknownAfter } from './status/restored.ts';
import { unknownSourcesMessage } from './status/sources.ts';

/** Dependencies of a preview: those of a run without the parts that make changes. */
export interface PreviewContext
  extends Omit<DecideContext, 'now' | 'revalidation'>,
    Omit<ObserveContext, 'policy' | 'history'> {
  /** Restored WorkSpaces that the status lists. Defaults to none. */
  readonly restored?: readonly RestoredWorkspace[] | undefined;
}

/** Preview of a run of a policy. */
export interface Preview extends Decision {
  readonly policy: Policy;
  readonly snapshot: Snapshot;
  readonly assessments: Sequence<Assessment>;
  readonly blocker: Blocker | undefined;
  /** Restored WorkSpaces whose applications are unknown. */
  readonly restored: readonly RestoredWorkspace[];
  /** Sources of drift, those with the most WorkSpaces first. */
  readonly sources: readonly DriftSource[];
  /** Message about sources of drift that are unknown. Undefined if they are known. */
  readonly unknownSources: string | undefined;
}

/**
 * Observes and decides like `reconcile`, but makes no changes. Unlike a run, which reads again before each change, a preview checks the
 * sessions and tags of all WorkSpaces with changes. Its texts name policies of all namespaces, because the caller was allowed to read them.
 * Returns a Blocker if a read failed.
 */
export async function preview(policy: Policy, context: PreviewContext): Promise<Preview | Blocker> {
  const { inventory, history, clock, bundles } = context;
  const observeContext = { ...context, policy };
  const startedAt = clock.now().getTime();
  const { snapshot, blocker } = await observe(observeContext);
  if (blocker !== undefined) {
    return blocker;
  }
  const decideOn = (latest: Snapshot) =>
    completeInSlices(decide(policy, latest, { ...context, now: clock.now() }), clock);
  let latest = snapshot;
  let decision = await decideOn(latest);
  while (await observeChanges(observeContext, decision, snapshot, startedAt, true)) {
    latest = await inventory.withLatest(snapshot);
    decision = await decideOn(latest);
  }
  const plan = disclose(decision.plan);
  const restored = selectedOf(restoredWorkspaces(policy, context.restored ?? [], plan, latest), plan);
  return {
    ...decision,
    policy,
    snapshot: latest,
    plan,
    assessments: complete(assess(plan, undefined, unknownAfter(restored))),
    restored,
    blocker: planBlocker(policy, plan, history.backoff, decision.rollout),
    sources: complete(
      driftSources(
        policy,
        context.policiesInScope(policy),
        plan,
        latest.applications,
        (bundleID) => bundles?.contentsOf(bundleID),
        clock.now(),
      ),
    ),
    unknownSources: unknownSourcesMessage(bundles?.failure),
  };
}

import type { Clock } from '../clock.ts';
import type { BlockedWorkspaces } from '../execute/blocked.ts';
import type { FleetContext } from '../execute/context.ts';
import type { Shown } from '../execute/shown.ts';
import type { Approval, RecordedApproval } from '../plan/approval.ts';
import type { Policy } from '../policy/policy.ts';
import { type Announced, announcedIn } from './announced.ts';
import { type Told, toldFrom } from './events.ts';
import { removalsIn } from './recentRemovals.ts';
import type { PolicyStatus } from './resource.ts';

/** What a run leaves to the next one of the same policy. */
export interface Memory {
  readonly told: Told;
  /** Runs in a row whose reads failed. */
  readonly failedReads: number;
  readonly blocked: BlockedWorkspaces;
  readonly shown: Shown;
  readonly approval: Approval | RecordedApproval;
  /** What an earlier process was about to take away when it last told of it. */
  readonly announced: readonly Announced[];
}

/** What a process that starts goes on with: what an earlier one left in the status. */
export function recollect(
  policy: Policy,
  previous: PolicyStatus | undefined,
  context: Past & Pick<FleetContext, 'at'>,
): Memory {
  const approval = recollectPast(policy, previous, context);
  return {
    told: toldFrom(previous),
    failedReads: 0,
    blocked: new Map(),
    shown: new Map(),
    approval,
    announced: announcedIn(previous, context.at),
  };
}

/** Where what was learnt of earlier changes is kept. */
type Past = Pick<FleetContext, 'repeated' | 'removals' | 'inventory'> & { readonly clock: Clock };

/** Takes up what a status tells of earlier changes. Returns what it tells of the approval. */
export function recollectPast(
  policy: Policy,
  previous: PolicyStatus | undefined,
  { repeated, removals, inventory, clock }: Past,
): RecordedApproval {
  for (const { pair, times } of removalsIn(previous?.recentRemovals)) {
    times.forEach((time) => void removals.record(pair, time, policy.key));
  }
  for (const one of previous?.associations ?? []) {
    const { workspaceID, associatedResourceID, lastUpdatedTime, repetitions } = one;
    if (repetitions !== undefined) {
      const updated = lastUpdatedTime === undefined ? undefined : new Date(lastUpdatedTime);
      const operation = one.verdict === 'Required' ? 'Install' : 'Uninstall';
      const association = { workspaceID, applicationID: associatedResourceID, lastUpdatedTime: updated };
      if (one.state === 'ERROR') {
        inventory.rememberFailed(operation, association);
      }
      if (repeated.get(workspaceID, policy) === undefined) {
        repeated.restore(workspaceID, policy, repetitions, clock.now());
      }
    }
  }
  return { lastApproved: previous?.lastApprovedPlan, remainder: previous?.plan?.approvedRemainder };
}

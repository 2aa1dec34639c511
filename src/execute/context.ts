import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Fleet, Precondition } from '../fleet/ports.ts';
import type { ChangeBackoff } from '../history/changeBackoff.ts';
import type { DeploymentRetries } from '../history/deploymentRetries.ts';
import type { DisassociationQuota, QuotaReservation } from '../history/disassociationQuota.ts';
import type { Expectations } from '../history/expectations.ts';
import type { RemovalHistory } from '../history/removalHistory.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { ClaimedByOther } from '../plan/deployment.ts';
import type { Change } from '../plan/plan.ts';
import type { RequesterOf } from '../plan/requester.ts';
import type { Evaluator } from '../plan/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { mayHaveBeenApplied } from './ambiguousResult.ts';
import type { KeyedMutex } from './keyedMutex.ts';
import type { OutcomeLog } from './outcome.ts';

/** A fleet and its AWS account and region. */
export interface FleetLocation {
  /** Name of the WorkspaceFleet. Undefined for the operator's own AWS settings. */
  readonly name: string | undefined;
  readonly accountID: string;
  readonly region: string;
}

/** A fleet and the state that all its runs share. */
export interface FleetContext {
  readonly location: FleetLocation;
  readonly fleet: Fleet;
  readonly inventory: Inventory;
  readonly backoff: ChangeBackoff;
  readonly retries: DeploymentRetries;
  readonly removals: RemovalHistory;
  readonly expectations: Expectations;
  readonly quota: DisassociationQuota;
  /** Locks of WorkSpaces, so that changes of one WorkSpace never overlap. */
  readonly workspaces: KeyedMutex;
}

/** Dependencies of a run that makes changes. */
export interface ExecuteContext extends FleetContext {
  readonly policy: Policy;
  /** Policies that are evaluated together, including `policy`. */
  readonly policies: readonly Policy[];
  /** Evaluates a WorkSpace in its current state. */
  readonly evaluate: Evaluator;
  readonly isClaimedByOther: ClaimedByOther;
  readonly requesterOf: RequesterOf;
  /** Whether the plan is still valid. False after a policy changed, or after the process lost the fleet. */
  readonly isPlanCurrent: () => boolean;
  /** Disassociations that the run may make. */
  readonly reservation: QuotaReservation;
  /** Whether the run has time for another change. */
  readonly hasTime: () => boolean;
  readonly clock: Clock;
}

/** Maximum age of the reads before a change when the change is sent. */
const MAX_READ_AGE_MS = 60_000;

/** Returns a precondition for changes based on reads that start now: the plan is current and the reads are recent. */
export function freshnessPrecondition({ isPlanCurrent, clock }: ExecuteContext): Precondition {
  const readFrom = clock.monotonic();
  return () => isPlanCurrent() && clock.monotonic() - readFrom < MAX_READ_AGE_MS;
}

/** Runs a call for changes and records its failure. Returns undefined if it failed. Rejects with errors other than FleetError. */
export async function attempt<T>(
  changes: readonly Change[],
  { backoff, policy, clock, isPlanCurrent }: ExecuteContext,
  outcome: OutcomeLog,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof FleetError)) {
      throw error;
    }
    if (error.kind === 'Cancelled') {
      outcome.interrupted ||= !isPlanCurrent();
      return undefined;
    }
    for (const change of changes) {
      backoff.failed(change, policy, error, clock.now());
    }
    outcome.failures.push(...changes.slice(0, 1).map((change) => ({ change, error })));
    return undefined;
  }
}

/** Sends a change. If AWS rejected it without an effect, calls `rollback`. */
export async function send<T>(rollback: () => void, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof FleetError && mayHaveBeenApplied(error))) {
      rollback();
    }
    throw error;
  }
}

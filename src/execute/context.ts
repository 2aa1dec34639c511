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
import type { Evaluator } from '../plan/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { mayHaveBeenApplied } from './ambiguousResult.ts';
import type { KeyedMutex } from './keyedMutex.ts';
import type { OutcomeLog } from './outcome.ts';

/** Which fleet of which AWS account and region. */
export interface FleetLocation {
  /** Of the WorkspaceFleet; undefined: the operator's own AWS settings. */
  readonly name: string | undefined;
  readonly accountID: string;
  readonly region: string;
}

/** A fleet, and what all who change it share. */
export interface FleetContext {
  /** Which one it is. */
  readonly location: FleetLocation;
  readonly fleet: Fleet;
  readonly inventory: Inventory;
  readonly backoff: ChangeBackoff;
  readonly retries: DeploymentRetries;
  readonly removals: RemovalHistory;
  readonly expectations: Expectations;
  readonly quota: DisassociationQuota;
  /** Shared by all runs of the fleet: changes of one WorkSpace never overlap. */
  readonly workspaces: KeyedMutex;
}

/** What a run needs to make changes. */
export interface ExecuteContext extends FleetContext {
  readonly policy: Policy;
  /** Those with a say in what it does, itself included. */
  readonly policies: readonly Policy[];
  /** What the policies say of a WorkSpace as it is now. */
  readonly evaluate: Evaluator;
  readonly isClaimedByOther: ClaimedByOther;
  /** Whether the plan still stands: false once a policy changed, or the process has to leave the fleet alone. */
  readonly isPlanCurrent: () => boolean;
  /** The disassociations that the run may make. */
  readonly reservation: QuotaReservation;
  /** Whether the run has time for another change. */
  readonly hasTime: () => boolean;
  readonly clock: Clock;
}

/** How old the read that a change rests on may be when the change is sent, in milliseconds. */
const FRESH = 60_000;

/** Leave to send a change that rests on what is read from now on: a read may have to wait for others. */
export function freshnessPrecondition({ isPlanCurrent, clock }: ExecuteContext): Precondition {
  const readFrom = clock.monotonic();
  return () => isPlanCurrent() && clock.monotonic() - readFrom < FRESH;
}

/** Runs a call for changes and records its failure. Undefined if it failed. */
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

/** Sends a change. Unless AWS refused to look at it, it counts as sent: `rollback` is called if it did. */
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

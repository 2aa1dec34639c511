import type { AuditTrail } from '../audit/auditTrail.ts';
import type { PolicyAuthors } from '../audit/policyAuthors.ts';
import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Fleet, Precondition } from '../fleet/ports.ts';
import type { ChangeHistory } from '../history/changeHistory.ts';
import type { DisassociationQuota, QuotaReservation } from '../history/disassociationQuota.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { FreshAssociations } from '../inventory/readThrough.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Approval } from '../plan/approval.ts';
import type { PeerPolicies } from '../plan/deployment.ts';
import type { Change } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import type { FleetLimits } from '../policy/workspaceFleet.ts';
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
  /** ARN of the AWS identity that makes the calls. Undefined if it is unknown. */
  readonly callerARN?: string | undefined;
  readonly fleet: Fleet;
  readonly inventory: Inventory;
  readonly history: ChangeHistory;
  readonly quota: DisassociationQuota;
  /** Allowed rate of calls in the account and region, in calls per second. */
  readonly callsPerSecond: number;
  /** Limits of the fleet. The policies are already restricted to them. */
  readonly limits: FleetLimits;
  /** Locks of WorkSpaces, so that changes of one WorkSpace never overlap. */
  readonly workspaces: KeyedMutex;
}

/** Dependencies of `apply`. */
export interface ApplyContext extends FleetContext, PeerPolicies {
  readonly policy: Policy;
  /** Audit trail that records each change. Undefined if changes aren't recorded. */
  readonly audit?: Pick<AuditTrail, 'prepare' | 'begin'> | undefined;
  /** Who edited and approved the policy. Undefined if it is unknown. */
  readonly authors?: PolicyAuthors | undefined;
  /** Whether the process may change the fleet. False after it lost the fleet. */
  readonly mayAct: () => boolean;
  /** Whether events caused reads since the run started, so that the next run must not wait for all changes of this one. Defaults to false. */
  readonly hasNews?: (() => boolean) | undefined;
  readonly clock: Clock;
}

/** Dependencies of the changes of a run. */
export interface ExecuteContext extends ApplyContext {
  /** Snapshot of the run. The applications in it are valid for the whole run. */
  readonly snapshot: Snapshot;
  /** Approval of the run. */
  readonly approval: Approval;
  /** Policies that are evaluated together, including `policy`. */
  readonly policies: readonly Policy[];
  /** Whether the plan is still valid. False after a policy changed, or after the process lost the fleet. */
  readonly isPlanCurrent: () => boolean;
  /** Disassociations that the run may make. */
  readonly reservation: QuotaReservation;
  /** Last read of the associations of the WorkSpace that is being changed. */
  readonly associations?: FreshAssociations | undefined;
  /** Whether the run has time for another change. */
  readonly hasTime: () => boolean;
}

/** Precondition that remembers when it was last checked, which is right before the call is sent. */
export class SendCheck {
  readonly #isMet: Precondition;
  readonly #clock: Clock;
  sentAt: Date;

  constructor(isMet: Precondition, clock: Clock) {
    this.#isMet = isMet;
    this.#clock = clock;
    this.sentAt = clock.now();
  }

  readonly precondition: Precondition = () => {
    this.sentAt = this.#clock.now();
    return this.#isMet();
  };
}

/**
 * Runs a call for changes and records its failure. Returns undefined if it failed. Rejects with errors other than FleetError.
 *
 * @param isFresh precondition of a change. If the change was not sent because it waited too long for its turn, this counts as a failure.
 */
export async function attempt<T>(
  changes: readonly Change[],
  { history, policy, clock, isPlanCurrent, associations }: ExecuteContext,
  outcome: OutcomeLog,
  call: () => Promise<T>,
  isFresh?: Precondition,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof FleetError)) {
      throw cause;
    }
    const isLate = cause.kind === 'Canceled' && isPlanCurrent() && isFresh?.() === false;
    if (cause.kind === 'Canceled' && !isLate) {
      outcome.interrupted ||= !isPlanCurrent();
      return undefined;
    }
    const error = isLate ? lateError(cause) : cause;
    history.backoff.failed(changes, policy, error, clock.now(), associations);
    outcome.failures.push(...changes.slice(0, 1).map((change) => ({ change, error })));
    return undefined;
  }
}

/** Returns the error for a change that was not sent, because the reads before it were too old when its turn came. */
function lateError({ details: { operation, resource } }: FleetError): FleetError {
  const reason =
    'the change waited too long for its turn under the rate limit: the reads before it were too old, so it was not sent; ' +
    'if this lasts, reduce the number of calls, or raise rateLimit.requestsPerMinute of the WorkspaceFleet';
  return new FleetError({ kind: 'Throttled', operation, resource, reason });
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

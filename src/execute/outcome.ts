import type { IntentRecord } from '../audit/record.ts';
import type { FleetError } from '../fleet/errors.ts';
import type { Workspace } from '../fleet/model.ts';
import type { Change, Finding, HeldChange } from '../plan/plan.ts';

/** What the audit trail records about a call, as far as Events repeat it. */
export interface CallSummary extends Pick<IntentRecord, 'policy' | 'plan' | 'editedBy' | 'approvedBy'> {
  /** AWS request IDs of all responses. */
  readonly requestIDs: readonly string[];
}

/** A successful call. */
export interface Made {
  readonly action: Change['action'];
  readonly workspace: Workspace;
  /** Findings that the call changes. A deployment can have several. */
  readonly findings: readonly Finding[];
  /** Time at which the call was sent. */
  readonly sentAt: Date;
  /** Undefined if the call was made in an earlier run. */
  readonly call?: CallSummary | undefined;
}

/** A failed call, or a failed read before a call. */
export interface Failure {
  readonly change: Change;
  readonly error: FleetError;
}

/** A change that is obsolete. */
export interface Dropped {
  readonly change: Change;
  /** Human-readable explanation. */
  readonly message: string;
}

/** Outcome of the execution of a plan. */
export interface Outcome {
  readonly made: readonly Made[];
  readonly failures: readonly Failure[];
  /** Changes that are on hold according to the fresh read. */
  readonly held: readonly HeldChange[];
  /** Changes that are obsolete according to the fresh read. */
  readonly dropped: readonly Dropped[];
  /** Whether the run ended before all changes were made, because its time ended or the plan became outdated. */
  readonly interrupted: boolean;
}

/** A mutable outcome. */
export class OutcomeLog implements Outcome {
  readonly made: Made[] = [];
  readonly failures: Failure[] = [];
  readonly held: HeldChange[] = [];
  readonly dropped: Dropped[] = [];
  interrupted = false;
}

/** Outcome of a run that made no changes. */
export const NOTHING_DONE: Outcome = { made: [], failures: [], held: [], dropped: [], interrupted: false };

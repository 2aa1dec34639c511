import type { FleetError } from '../fleet/errors.ts';
import type { Workspace } from '../fleet/model.ts';
import type { Change, Finding, HeldChange } from '../plan/plan.ts';

/** A call that was made and did what it should. */
export interface Made {
  readonly action: Change['action'];
  readonly workspace: Workspace;
  /** What it was made for: of a deployment, all that it carries out. */
  readonly findings: readonly Finding[];
}

/** A call that AWS refused or that failed, or whose fresh read did. */
export interface Failure {
  readonly change: Change;
  readonly error: FleetError;
}

/** A change that isn't made, and why, for people. */
export interface Dropped {
  readonly change: Change;
  readonly message: string;
}

/** What came of a plan. */
export interface Outcome {
  readonly made: readonly Made[];
  readonly failures: readonly Failure[];
  /** What turned out, on the fresh read, not to be possible now. */
  readonly held: readonly HeldChange[];
  /** What turned out, on the fresh read, not to be asked for any more. */
  readonly dropped: readonly Dropped[];
  /** Whether the run ended before its plan did: its time was up, or the policies changed. */
  readonly interrupted: boolean;
}

/** Collects an outcome. */
export class OutcomeLog implements Outcome {
  readonly made: Made[] = [];
  readonly failures: Failure[] = [];
  readonly held: HeldChange[] = [];
  readonly dropped: Dropped[] = [];
  interrupted = false;
}

/** The outcome of a run that made no changes. */
export const NOTHING_DONE: Outcome = { made: [], failures: [], held: [], dropped: [], interrupted: false };

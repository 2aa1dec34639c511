import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import { type FreshAssociations, type ReadThroughCache, readAssociations } from '../inventory/readThrough.ts';

/** Result of a change: the call applied it, or its outcome was reached already. */
export type CallResult = 'Applied' | 'AlreadyApplied';

/** Errors that don't show whether the call had an effect. */
const AMBIGUOUS: ReadonlySet<FleetErrorKind> = new Set(['Unavailable', 'InvalidResponse', 'UnknownError']);

/** Whether a failed call may have been applied. */
export function mayHaveBeenApplied({ kind }: FleetError): boolean {
  return AMBIGUOUS.has(kind);
}

/** Errors that show that the state changed since the decision. */
const STATE_CHANGED: ReadonlySet<FleetErrorKind> = new Set(['ResourceNotFound', 'ResourceAlreadyExists']);

/**
 * Reads the result of a change after its response was lost or showed a changed state, so that the operator never sends the same call twice
 * for the same state. Rejects with the error if the outcome is not reached.
 *
 * @param isReached whether the outcome of the change is reached
 */
export async function confirmByReading(
  error: unknown,
  workspaceID: string,
  source: ReadThroughCache,
  isReached: (current: FreshAssociations) => boolean,
): Promise<CallResult> {
  const isAmbiguous = error instanceof FleetError && (mayHaveBeenApplied(error) || STATE_CHANGED.has(error.kind));
  if (isAmbiguous && isReached(await readAssociations(workspaceID, source))) {
    return mayHaveBeenApplied(error) ? 'Applied' : 'AlreadyApplied';
  }
  throw error;
}

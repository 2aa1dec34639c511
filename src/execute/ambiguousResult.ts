import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import { type FreshAssociations, type ReadThroughCache, readAssociations } from '../inventory/readThrough.ts';

/** What a change came to: it was made, or there was no longer anything to make. */
export type CallResult = 'Made' | 'Moot';

/** Whether a call that failed so may have been carried out all the same. */
export function mayHaveBeenApplied({ kind }: FleetError): boolean {
  return kind === 'Unavailable' || kind === 'InvalidResponse';
}

/** Failures that say that the world isn't as it was when the change was decided. */
const STATE_CHANGED: ReadonlySet<FleetErrorKind> = new Set(['ResourceNotFound', 'ResourceAlreadyExists']);

/**
 * After an answer that was lost, or that says the world has moved, a read tells what has become of the change; rethrows the error if
 * nothing has. So the same call is never sent twice for the same state.
 */
export async function confirmByReading(
  error: unknown,
  workspaceID: string,
  source: ReadThroughCache,
  reached: (current: FreshAssociations) => boolean,
): Promise<CallResult> {
  const isWorthALook = error instanceof FleetError && (mayHaveBeenApplied(error) || STATE_CHANGED.has(error.kind));
  if (isWorthALook && reached(await readAssociations(workspaceID, source))) {
    return mayHaveBeenApplied(error) ? 'Made' : 'Moot';
  }
  throw error;
}

import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import { type FreshAssociations, type FreshSource, readAssociations } from '../fleet/fresh.ts';

/** What a change came to: it was made, or there was no longer anything to make. */
export type Came = 'Made' | 'Moot';

/** Whether a call that failed so may have been carried out all the same. */
export function mayHaveHappened({ kind }: FleetError): boolean {
  return kind === 'Unavailable' || kind === 'InvalidResponse';
}

/** Failures that say that the world isn't as it was when the change was decided. */
const HAS_MOVED: ReadonlySet<FleetErrorKind> = new Set(['ResourceNotFound', 'ResourceAlreadyExists']);

/**
 * After an answer that was lost, or that says the world has moved, a read tells what has become of the change; rethrows the error if
 * nothing has. So the same call is never sent twice for the same state.
 */
export async function reachedAnyway(
  error: unknown,
  workspaceID: string,
  source: FreshSource,
  reached: (fresh: FreshAssociations) => boolean,
): Promise<Came> {
  const isWorthALook = error instanceof FleetError && (mayHaveHappened(error) || HAS_MOVED.has(error.kind));
  if (isWorthALook && reached(await readAssociations(workspaceID, source))) {
    return mayHaveHappened(error) ? 'Made' : 'Moot';
  }
  throw error;
}

import { FleetError, type FleetErrorKind } from '../../src/fleet/errors.ts';
import type { Association } from '../../src/fleet/model.ts';
import type { BundleReader, Fleet, FleetReader, FleetWriter } from '../../src/fleet/ports.ts';

/** Implementation of the read port over the fleet of seed.ts. */
export interface ReaderUnderTest {
  readonly fleet: FleetReader;
  /** Returns the time at which AWS responds, or at which the fleet was recorded. */
  now(): Date;
}

/** Implementation of all ports, and the controls that the contract tests need. */
export interface FleetUnderTest extends ReaderUnderTest, AsyncDisposable {
  readonly fleet: Fleet;
  readonly bundles: BundleReader;
  /** Makes the next read of an image's applications fail with AccessDenied. */
  denyNextImage(): void;
  /**
   * Makes the next listing of an application's associations fail with AccessDenied, on its second page if it is paged.
   */
  denyNextListing(): void;
  /** Makes AWS reject each read by ID that contains this WorkSpace. */
  rejectID(workspaceID: string): void;
  /** Makes AWS return a number as the user name of a WorkSpace. */
  corruptUserName(workspaceID: string): void;
  /** Advances the time until all deployments have ended. */
  finishDeployments(): Promise<void>;
  /** Makes the next call of a change succeed with a lost response. */
  loseNextResponse(change: keyof FleetWriter): void;
}

/** Returns items sorted by ID because a listing can have any order. */
export function byId<T extends { readonly workspaceID?: string; readonly applicationID?: string }>(
  items: readonly T[],
): T[] {
  const key = ({ workspaceID = '', applicationID = '' }: T) => `${workspaceID}/${applicationID}`;
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Returns an association without times, which differ between implementations. */
export function outcome({ workspaceID, applicationID, state, stateReason }: Association) {
  return { workspaceID, applicationID, state, stateReason };
}

/** Returns the error kind of a call. */
export async function kindOf(call: Promise<unknown>): Promise<FleetErrorKind | 'no failure'> {
  try {
    await call;
    return 'no failure';
  } catch (error) {
    if (!(error instanceof FleetError)) {
      throw error;
    }
    return error.kind;
  }
}

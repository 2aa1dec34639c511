import { FleetError, type FleetErrorKind } from '../../src/fleet/errors.ts';
import type { Association } from '../../src/fleet/model.ts';
import type { Fleet, FleetReader, FleetWriter } from '../../src/fleet/ports.ts';

/** An implementation of the reading port over the fleet of seed.ts. */
export interface ReaderUnderTest {
  readonly fleet: FleetReader;
}

/** An implementation of all ports, and what the contract has to be able to do to it. */
export interface FleetUnderTest extends ReaderUnderTest, AsyncDisposable {
  readonly fleet: Fleet;
  /** The next listing of an application's associations fails for a missing permission, where there are pages on a later one. */
  denyNextListing(): void;
  /** Lets time pass until no deployment is under way. */
  finishDeployments(): Promise<void>;
  /** The next call of that change is carried out, and its answer lost. */
  loseNextAnswer(change: keyof FleetWriter): void;
}

/** In the order of their ids, as a listing may come in any. */
export function byId<T extends { readonly workspaceID?: string; readonly applicationID?: string }>(
  items: readonly T[],
): T[] {
  const key = ({ workspaceID = '', applicationID = '' }: T) => `${workspaceID}/${applicationID}`;
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** An association without its times, which each implementation has of its own. */
export function outcome({ workspaceID, applicationID, state, stateReason }: Association) {
  return { workspaceID, applicationID, state, stateReason };
}

/** What a call fails with. */
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

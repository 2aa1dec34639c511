import { inColumns } from '../fleet/associationColumns.ts';
import type { Association } from '../fleet/model.ts';
import { isAwaitingDeployment, isUninstall } from '../fleet/states.ts';
import { isYieldDue, type Sliced } from '../slices.ts';
import type { Listing } from './observationOverlay.ts';
import type { ObservedAssociations } from './observedAssociations.ts';

/** A change of a WorkSpace's associations that a listing shows and that no read showed before. Times are in milliseconds since the epoch. */
export interface ListedChange {
  readonly workspaceID: string;
  /** Time of the previous listing. */
  readonly since: number;
  /** Time of the listing that shows the change. */
  readonly listedAt: number;
}

interface Renewal {
  readonly applicationID: string;
  readonly previous: Listing<Association>;
  readonly next: Listing<Association>;
}

/** State of an association. Undefined if there is none, and `Unread` if AWS returned one that can't be trusted. */
type State = Association['state'] | 'Unread';

/** Compares listings of associations with the previous ones, to find changes that the operator didn't know of. */
export class ListedChanges {
  readonly #observed: Pick<ObservedAssociations, 'stateSince'>;
  #renewals: Renewal[] = [];

  constructor(observed: Pick<ObservedAssociations, 'stateSince'>) {
    this.#observed = observed;
  }

  /** Records that a listing replaced another one. */
  add(applicationID: string, previous: Listing<Association>, next: Listing<Association>): void {
    this.#renewals.push({ applicationID, previous, next });
  }

  /** Returns the changes in the listings since the last call. */
  *take(): Sliced<ListedChange[]> {
    const changes: ListedChange[] = [];
    for (const { applicationID, previous, next } of this.#renewals.splice(0)) {
      const before = yield* statesIn(applicationID, previous);
      const after = yield* statesIn(applicationID, next);
      let index = 0;
      for (const workspaceID of new Set([...before.keys(), ...after.keys()])) {
        if (isYieldDue(index++)) {
          yield;
        }
        const read = this.#observed.stateSince(workspaceID, applicationID, previous.askedAt);
        const known = read === 'Unread' ? before.get(workspaceID) : read;
        if (isByCall(known, after.get(workspaceID))) {
          changes.push({ workspaceID, since: previous.askedAt, listedAt: next.askedAt });
        }
      }
    }
    return changes;
  }
}

/** Returns the states of an application's associations by WorkSpace. */
function* statesIn(applicationID: string, { value }: Listing<Association>): Sliced<Map<string, State>> {
  const states = new Map<string, State>();
  const columns = inColumns(applicationID, value);
  for (let index = 0; index < columns.length; index++) {
    if (isYieldDue(index)) {
      yield;
    }
    states.set(columns.workspaceIDAt(index), columns.stateAt(index) ?? 'Unread');
  }
  return states;
}

/** Whether a call changed a state. AWS continues deployments without another call. */
function isByCall(before: State, after: State): boolean {
  if (before === 'Unread' || after === 'Unread') {
    return false;
  }
  const [had, has] = [isAssociated(before), isAssociated(after)];
  const isMarked = before === 'COMPLETED' && (isAwaitingDeployment({ state: after }) || isUninstall({ state: after }));
  return (!had && has) || (before === 'COMPLETED' && !has) || isMarked;
}

function isAssociated(state: State): boolean {
  return state !== undefined && state !== 'REMOVED';
}

import type { Stored } from './cluster/simulatedCluster.ts';
import { hasOmitted, MOVING, type ObservedState, WHOLE } from './observedState.ts';

/** What statuses show of plans, and what people approve by that. */
export class ShownPlans {
  readonly #observed: ObservedState;
  /** What was shown under the id of a plan, by policy and id: a plan keeps its id while nothing is added to it. */
  readonly #shownUnder = new Map<string, ReadonlySet<string>>();

  constructor(observed: ObservedState) {
    this.#observed = observed;
  }

  /** The status of a policy has been written, in a request that was sent at that time. */
  statusWritten(object: Stored, sentAt: number): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const { shownSince } = this.#observed;
    const shown = shownIn(object);
    const before = shownSince.get(key)?.uid === object.metadata.uid ? shownSince.get(key)?.pairs : undefined;
    const pairs = new Map(
      shown.map(({ pair, isStarted }) => {
        const known = before?.get(pair);
        // What has begun and is to begin once more has come back.
        const isNew = known === undefined || (known.isStarted && !isStarted);
        return [pair, { since: isNew ? sentAt : known.since, isStarted }];
      }),
    );
    shownSince.set(key, { uid: object.metadata.uid, pairs });
    const planKey = planKeyOf(key, object);
    this.#shownUnder.set(planKey, new Set([...(this.#shownUnder.get(planKey) ?? []), ...pairs.keys()]));
  }

  /** A person approves a plan by its id: what the policy's status shows, and has shown under it. */
  approved(key: string, object: Stored): void {
    const { approved } = this.#observed;
    const under = this.#shownUnder.get(planKeyOf(key, object)) ?? [];
    const shown = shownIn(object).map(({ pair }) => pair);
    const unlisted = hasOmitted(object) ? [WHOLE] : [];
    approved.set(key, new Set([...(approved.get(key) ?? []), ...under, ...shown, ...unlisted]));
  }
}

function planKeyOf(key: string, { status }: Stored): string {
  return `${key} ${(status?.plan as { id?: string } | undefined)?.id}`;
}

/** The associations that a status shows to be about to change, or to be changing. */
function shownIn({ status }: Stored): { readonly pair: string; readonly isStarted: boolean }[] {
  const rows = (status?.associations ?? []) as {
    workspaceID: string;
    associatedResourceID: string;
    action: string;
    state?: string;
  }[];
  return rows
    .filter(({ action, state }) => action !== 'None' || MOVING.has(state ?? '') || state === 'ERROR')
    .map(({ workspaceID, associatedResourceID, action }) => ({
      pair: `${workspaceID} ${associatedResourceID}`,
      isStarted: action === 'None' || action === 'Deploy',
    }));
}

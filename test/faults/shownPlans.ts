import type { Stored } from './cluster/simulatedCluster.ts';
import { hasOmitted, MOVING, type Seen, WHOLE } from './seen.ts';

/** What statuses show of plans, and what people approve by that. */
export class ShownPlans {
  readonly #seen: Seen;
  /** What was shown under the id of a plan, by policy and id: a plan keeps its id while nothing is added to it. */
  readonly #shownUnder = new Map<string, ReadonlySet<string>>();

  constructor(seen: Seen) {
    this.#seen = seen;
  }

  /** The status of a policy has been written, in a request that was sent at that time. */
  statusWritten(object: Stored, sentAt: number): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const { shownSince } = this.#seen;
    const shown = shownIn(object);
    const before = shownSince.get(key)?.uid === object.metadata.uid ? shownSince.get(key)?.pairs : undefined;
    const pairs = new Map(
      shown.map(({ pair, hasBegun }) => {
        const known = before?.get(pair);
        // What has begun and is to begin once more has come back.
        const isNew = known === undefined || (known.hasBegun && !hasBegun);
        return [pair, { since: isNew ? sentAt : known.since, hasBegun }];
      }),
    );
    shownSince.set(key, { uid: object.metadata.uid, pairs });
    const planKey = planKeyOf(key, object);
    this.#shownUnder.set(planKey, new Set([...(this.#shownUnder.get(planKey) ?? []), ...pairs.keys()]));
  }

  /** A person approves a plan by its id: what the policy's status shows, and has shown under it. */
  approved(key: string, object: Stored): void {
    const { approved } = this.#seen;
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
function shownIn({ status }: Stored): { readonly pair: string; readonly hasBegun: boolean }[] {
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
      hasBegun: action === 'None' || action === 'Deploy',
    }));
}

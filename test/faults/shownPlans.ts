import type { StoredObject } from './cluster/simulatedCluster.ts';
import { hasOmitted, type ObservedState, TRANSITION_STATES, WHOLE_PLAN } from './observedState.ts';

/** Plans that statuses have shown, and the approvals based on them. */
export class ShownPlans {
  readonly #observed: ObservedState;
  /** Pairs that were shown with the ID of a plan, by policy and ID. A plan keeps its ID unless a change is added. */
  readonly #shownWithID = new Map<string, ReadonlySet<string>>();

  constructor(observed: ObservedState) {
    this.#observed = observed;
  }

  /** Records a status of a policy. `sentAt` is the time at which the request was sent. */
  recordStatus(object: StoredObject, sentAt: number): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const { shownSince } = this.#observed;
    const shown = shownIn(object);
    const before = shownSince.get(key)?.uid === object.metadata.uid ? shownSince.get(key)?.pairs : undefined;
    const pairs = new Map(
      shown.map(({ pair, isStarted }) => {
        const known = before?.get(pair);
        // A started change that is to start again belongs to an application that came back.
        const isNew = known === undefined || (known.isStarted && !isStarted);
        return [pair, { since: isNew ? sentAt : known.since, isStarted }];
      }),
    );
    shownSince.set(key, { uid: object.metadata.uid, pairs });
    const planKey = planKeyOf(key, object);
    this.#shownWithID.set(planKey, new Set([...(this.#shownWithID.get(planKey) ?? []), ...pairs.keys()]));
  }

  /** Records the approval of a plan by its ID: everything that the status shows and has shown with this ID. */
  recordApproval(key: string, object: StoredObject): void {
    const { approved } = this.#observed;
    const shownBefore = this.#shownWithID.get(planKeyOf(key, object)) ?? [];
    const shown = shownIn(object).map(({ pair }) => pair);
    const omitted = hasOmitted(object) ? [WHOLE_PLAN] : [];
    approved.set(key, new Set([...(approved.get(key) ?? []), ...shownBefore, ...shown, ...omitted]));
  }
}

function planKeyOf(key: string, { status }: StoredObject): string {
  return `${key} ${(status?.plan as { id?: string } | undefined)?.id}`;
}

/** Returns the associations that a status shows as due to change or as changing. */
function shownIn({ status }: StoredObject): { readonly pair: string; readonly isStarted: boolean }[] {
  const rows = (status?.associations ?? []) as {
    workspaceID: string;
    associatedResourceID: string;
    action: string;
    state?: string;
  }[];
  return rows
    .filter(({ action, state }) => action !== 'None' || TRANSITION_STATES.has(state ?? '') || state === 'ERROR')
    .map(({ workspaceID, associatedResourceID, action }) => ({
      pair: `${workspaceID} ${associatedResourceID}`,
      isStarted: action === 'None' || action === 'Deploy',
    }));
}

import type { StoredObject } from './cluster/simulatedCluster.ts';
import { hasOmitted, type ObservedState, type ShownChange, TRANSITION_STATES, WHOLE_PLAN } from './observedState.ts';
import type { Goal } from './policyContext.ts';

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
    const { shown } = this.#observed;
    const { uid = '' } = object.metadata;
    const generation = Number(object.status?.observedGeneration);
    const before = shown.get(key);
    // An edit starts the grace period again, and so does a policy with the same name.
    const isSameVersion = before?.uid === uid && before.generation === generation;
    const changes = new Map(
      changesIn(object).map(({ pair, ...change }): [string, ShownChange] => {
        const known = isSameVersion ? before.changes.get(pair) : undefined;
        // A started change that is to start again belongs to an application that came back.
        const isNew = known === undefined || known.goal !== change.goal || (known.isStarted && !change.isStarted);
        return [pair, { ...change, since: isNew ? sentAt : known.since }];
      }),
    );
    shown.set(key, { uid, generation, changes });
    const planKey = planKeyOf(key, object);
    this.#shownWithID.set(planKey, new Set([...(this.#shownWithID.get(planKey) ?? []), ...changes.keys()]));
  }

  /** Records the approval of a plan by its ID: everything that the status shows and has shown with this ID. */
  recordApproval(key: string, object: StoredObject): void {
    const { approved } = this.#observed;
    const shownBefore = this.#shownWithID.get(planKeyOf(key, object)) ?? [];
    const shown = changesIn(object).map(({ pair }) => pair);
    const omitted = hasOmitted(object) ? [WHOLE_PLAN] : [];
    approved.set(key, new Set([...(approved.get(key) ?? []), ...shownBefore, ...shown, ...omitted]));
  }
}

function planKeyOf(key: string, { status }: StoredObject): string {
  return `${key} ${(status?.plan as { id?: string } | undefined)?.id}`;
}

/** Association in a status. */
interface Row {
  readonly workspaceID: string;
  readonly associatedResourceID: string;
  readonly verdict: string;
  readonly action: string;
  readonly state?: string;
}

/** Returns the associations that a status shows as due to change or as changing. */
function changesIn({ status }: StoredObject): (Omit<ShownChange, 'since'> & { readonly pair: string })[] {
  return ((status?.associations ?? []) as Row[])
    .filter(({ action, state }) => action !== 'None' || TRANSITION_STATES.has(state ?? '') || state === 'ERROR')
    .map((row) => ({
      pair: `${row.workspaceID} ${row.associatedResourceID}`,
      goal: goalOf(row),
      isStarted: row.action === 'None' || row.action === 'Deploy',
    }));
}

/** Returns the outcome that a status announces for an association. */
function goalOf({ verdict, action, state = '' }: Row): Goal {
  switch (verdict) {
    case 'Denied':
    case 'Unlisted':
      return 'Remove';
    case 'Required':
      return 'Install';
    default:
      return action === 'Disassociate' || (action !== 'Associate' && state.includes('UNINSTALL'))
        ? 'Remove'
        : 'Install';
  }
}

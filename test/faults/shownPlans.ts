import type { StoredObject } from './cluster/simulatedCluster.ts';
import type { PolicySpec } from './manifests.ts';
import {
  hasOmitted,
  MAX_RUN_MS,
  type ObservedState,
  type ShownChange,
  TRANSITION_STATES,
  WHOLE_PLAN,
} from './observedState.ts';
import type { Goal } from './policyContext.ts';
import { START_TIME } from './time.ts';
import type { UntimedViolation } from './violation.ts';

/** Plans that statuses have shown, and the approvals based on them. */
export class ShownPlans {
  readonly #observed: ObservedState;
  /** IDs of approved plans by the UID of the policy. */
  readonly #approvedPlans = new Map<string, Set<string>>();
  /** Pairs that a status which omitted others listed when its whole plan was approved, by the UID of the policy. */
  readonly #listedAtApproval = new Map<string, ReadonlySet<string>>();
  /** Time of the last run in the history of a policy, by its UID (ms since the epoch). */
  readonly #latestRun = new Map<string, number>();

  constructor(observed: ObservedState) {
    this.#observed = observed;
  }

  /**
   * Records a status of a policy. `sentAt` is the time at which the request was sent. Returns a violation if the
   * status names an unapproved plan as the one that was carried out.
   */
  recordStatus(object: StoredObject, sentAt: number): UntimedViolation[] {
    const violations = this.#historyViolations(object);
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
        // The earlier status may have counted the change among those that it omits.
        const mayBeOmitted = isSameVersion && !before.pairs.has(pair);
        return [
          pair,
          { ...change, since: isNew ? ((mayBeOmitted ? before.omitsSince : undefined) ?? sentAt) : known.since },
        ];
      }),
    );
    const pairs = new Set(rowsIn(object).map(pairOf));
    const omitsSince = hasOmitted(object) ? ((isSameVersion ? before.omitsSince : undefined) ?? sentAt) : undefined;
    shown.set(key, { uid, generation, changes, pairs, omitsSince });
    for (const [pair, { goal, isStarted, holdReason }] of changes) {
      if (!isStarted && !PERSONAL_HOLDS.has(holdReason)) {
        this.#observed.dueChanges.add(`${uid} ${pair} ${goal}`);
      }
    }
    if (isEvaluated(object) && !hasOmitted(object)) {
      this.#nameOmittedApprovals(uid, changes);
      this.#endApprovals(uid, changes);
    }
    return violations;
  }

  /** Checks the entries of the history that are new in a status, if the policy acts only on approved plans. */
  #historyViolations(object: StoredObject): UntimedViolation[] {
    const { uid = '', name } = object.metadata;
    const { enforcement } = object.spec as unknown as PolicySpec;
    const approvedPlans = this.#approvedPlans.get(uid);
    const entries = (object.status?.history ?? []) as { time: string; plan: string; deployed: number }[];
    const latest = Math.max(0, ...entries.map(({ time }) => Date.parse(time)));
    const before = this.#latestRun.get(uid) ?? 0;
    this.#latestRun.set(uid, Math.max(before, latest));
    // A run that began before the policy was edited may end after it.
    const since = START_TIME + (this.#editedAt(object) ?? 0) + MAX_RUN_MS;
    const isChecked = enforcement === 'Approve' && approvedPlans !== undefined;
    return entries
      .filter(({ time }) => isChecked && Date.parse(time) > Math.max(before, since))
      .filter(({ plan }) => !approvedPlans?.has(plan))
      .map(({ plan }) => ({
        rule: 'AccurateHistory',
        message: `the history of ${name} names the plan ${plan}, which nobody has approved`,
      }));
  }

  /** Returns the time at which a policy got its generation, in milliseconds from the start. */
  #editedAt({ metadata: { uid, generation } }: StoredObject): number | undefined {
    return this.#observed.cluster
      .events('workspaceapplicationpolicies')
      .find(({ object: { metadata } }) => metadata.uid === uid && metadata.generation === generation)?.at;
  }

  /**
   * Records that a user sets the annotation of approvals to a new value. It approves the outcomes of the plan that
   * the status of this very object shows with this ID as waiting, and that the user has seen in a version of the
   * object. A status that the object brought along, for example, from a backup, describes another object.
   */
  recordApproval(key: string, object: StoredObject, planID: string, seen: StoredObject): void {
    const { approved, shown } = this.#observed;
    const { uid = '' } = object.metadata;
    const { id } = (object.status?.plan ?? {}) as { id?: string };
    const changes = changesIn(object);
    if (shown.get(key)?.uid !== uid || id !== planID || !waitsForApproval(object)) {
      return;
    }
    this.#approvedPlans.set(uid, new Set([...(this.#approvedPlans.get(uid) ?? []), planID]));
    const seenPairs = new Set(changesIn(seen).map(({ pair }) => pair));
    const covered = changes
      .filter(({ pair, holdReason }) => holdReason !== 'Protected' && seenPairs.has(pair))
      .map(({ pair, goal }): [string, Goal] => [pair, goal]);
    const omitted: [string, Goal][] = hasOmitted(object) ? [[WHOLE_PLAN, 'Remove']] : [];
    if (hasOmitted(object)) {
      const before = this.#listedAtApproval.get(uid);
      const listed = rowsIn(object).map(pairOf);
      this.#listedAtApproval.set(uid, new Set(listed.filter((pair) => before?.has(pair) !== false)));
    }
    approved.set(uid, new Map([...(approved.get(uid) ?? []), ...covered, ...omitted]));
  }

  /**
   * Replaces the approval of a whole plan, some of which its status omitted, by approvals of what remains of the omitted
   * part: the first status that omits nothing names it.
   */
  #nameOmittedApprovals(uid: string, changes: ReadonlyMap<string, ShownChange>): void {
    const approved = this.#observed.approved.get(uid);
    const listed = this.#listedAtApproval.get(uid);
    this.#listedAtApproval.delete(uid);
    if (approved?.has(WHOLE_PLAN) !== true) {
      return;
    }
    approved.delete(WHOLE_PLAN);
    for (const [pair, { goal }] of changes) {
      if (listed?.has(pair) === false) {
        approved.set(pair, goal);
      }
    }
  }

  /**
   * Ends the approval of every outcome that the plan no longer contains: it is reached, or it dropped out. If it
   * comes back, it needs a new approval. Outcomes on protected WorkSpaces are never part of a plan.
   */
  #endApprovals(uid: string, changes: ReadonlyMap<string, ShownChange>): void {
    const approved = this.#observed.approved.get(uid);
    for (const [pair, goal] of approved ?? []) {
      const change = changes.get(pair);
      if (change?.goal !== goal || change.holdReason === 'Protected') {
        approved?.delete(pair);
      }
    }
  }
}

/** Holds that a person ends, so that the process that shows them makes no change. */
const PERSONAL_HOLDS: ReadonlySet<string | undefined> = new Set([
  'Suspended',
  'Audit',
  'AmbiguousApplication',
  'AwaitingApproval',
  'SafeguardExceeded',
  'UninstallOnly',
  'Conflict',
  'Rejected',
  'Flapping',
]);

/**
 * Whether the plan of a policy waits for an approval: in approve mode, also while all of its changes are in progress, and otherwise
 * if it exceeds the safeguard.
 */
function waitsForApproval({ spec, status }: StoredObject): boolean {
  const { enforcement } = spec as unknown as PolicySpec;
  const exceeds = readyIn(status)?.reason === 'SafeguardExceeded';
  return enforcement === 'Approve' || (enforcement === 'Enforce' && exceeds);
}

/** Whether a status is the result of an evaluation. Otherwise, it repeats earlier associations or omits them. */
export function isEvaluated({ status }: StoredObject): boolean {
  const ready = readyIn(status);
  return ready?.status === 'True' || ready?.reason === 'SafeguardExceeded';
}

function readyIn(status: StoredObject['status']): { readonly status: string; readonly reason: string } | undefined {
  const conditions = (status?.conditions ?? []) as { type: string; status: string; reason: string }[];
  return conditions.find(({ type }) => type === 'Ready');
}

/** Association in a status. */
interface Row {
  readonly workspaceID: string;
  readonly associatedResourceID: string;
  readonly verdict: string;
  readonly action: string;
  readonly state?: string;
  readonly holdReason?: string;
}

function rowsIn({ status }: StoredObject): readonly Row[] {
  return (status?.associations ?? []) as Row[];
}

function pairOf({ workspaceID, associatedResourceID }: Row): string {
  return `${workspaceID} ${associatedResourceID}`;
}

/** Returns the associations that a status shows as due to change or as changing. */
function changesIn(object: StoredObject): (Omit<ShownChange, 'since'> & { readonly pair: string })[] {
  return rowsIn(object)
    .filter(({ action, state }) => action !== 'None' || TRANSITION_STATES.has(state ?? '') || state === 'ERROR')
    .map((row) => ({
      pair: pairOf(row),
      goal: goalOf(row),
      isStarted: row.action === 'None' || row.action === 'Deploy',
      holdReason: row.holdReason,
    }));
}

/** Returns the outcome that a status announces for an association. */
function goalOf({ verdict, action, state = '' }: Row): Goal {
  switch (verdict) {
    case 'Denied':
    case 'Unlisted':
      // A removal whose replacement can't be installed is reverted.
      return action === 'Associate' ? 'Install' : 'Remove';
    case 'Required':
      return 'Install';
    default:
      return action === 'Disassociate' || (action !== 'Associate' && state.includes('UNINSTALL'))
        ? 'Remove'
        : 'Install';
  }
}

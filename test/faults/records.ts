import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { StoredObject } from './cluster/simulatedCluster.ts';
import type { PolicySpec } from './manifests.ts';
import type { SimulatedProcess } from './process.ts';
import { MINUTE } from './schedule.ts';
import type { Rule } from './violation.ts';

/** Disassociation that a process has sent. */
export interface SentRemoval {
  readonly pair: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** UIDs of the policies that requested it. */
  readonly requestedBy: ReadonlySet<string>;
  /** Process that sent it. */
  readonly by: SimulatedProcess;
  /** Whether the status of one of these policies listed the association, so that another process can find out the result. */
  readonly isShown: boolean;
  /** UIDs of those policies whose status the process has not written since, after an evaluation. */
  readonly unreportedBy: Set<string>;
  /** Whether AWS has carried it out on an installed application. Undefined until AWS carries it out. */
  removesInstalled?: boolean;
}

/** What the watcher knows of removals. */
export interface RemovalFacts {
  readonly sent: readonly SentRemoval[];
  /** Whether several processes have run, so that one doesn't know how the calls of another ended. */
  readonly hadSeveralProcesses: boolean;
  /** Whether reads returned old data, so that a status may have shown a removal as due that was already made. */
  readonly hadStaleReads: boolean;
  /** Time of the last change by anyone but the operator, by WorkSpace (ms since the epoch). */
  readonly changedByOthersAt: ReadonlyMap<string, number>;
  /** Times of all changes by anyone but the operator, by WorkSpace (ms since the epoch). */
  readonly changesByOthers: ReadonlyMap<string, readonly number[]>;
  /** Changes that a status of a policy has shown as due: UID, pair, and goal. */
  readonly due: ReadonlySet<string>;
  /** UIDs of policies that another process took over after a status with `RefNotPermitted` and before an evaluation. */
  readonly hiddenFromOwner: ReadonlySet<string>;
}

/** Maximum difference between the recorded time of a removal and the time of the call (ms). */
const TOLERANCE_MS = 2 * MINUTE;
/** Maximum number of times that a status lists for an application on a WorkSpace. */
const MAX_TIMES = 3;

interface ListedRemoval {
  readonly object: StoredObject;
  readonly pair: string;
  readonly at: number;
}

/**
 * Returns every difference between the removals that the statuses of policies list and the removals that the
 * operator has made. `versions` contains every version of every policy.
 */
export function recordProblems(
  objects: readonly StoredObject[],
  versions: readonly StoredObject[],
  cloud: SimulatedCloud,
  facts: RemovalFacts,
): { readonly rule: Rule; readonly message: string }[] {
  const listed = objects.flatMap(removalsIn);
  // A restored policy lists the removals of the policy that the backup contains.
  const acting = new Set(versions.filter(isActing).map(({ metadata }) => metadata.name));
  const hidden = new Set(versions.filter(isNotPermitted).map(({ metadata }) => metadata.uid ?? ''));
  const existing = new Set(objects.map(({ metadata }) => metadata.uid ?? ''));
  const invented = objects.flatMap((object) => inventedIn(removalsIn(object), acting, { hidden, existing }, facts));
  const forgotten = facts.sent.filter(
    (removal) => isRequired(removal, objects, cloud, facts) && !isListed(removal, listed, facts),
  );
  return [
    ...invented.map(
      ({ object, pair, at }) =>
        `${object.metadata.name} lists a removal of ${pair} at ${timeOf(at)} that the operator did not make`,
    ),
    ...forgotten.map(({ pair, at }) => `no status lists the removal of ${pair} at ${timeOf(at)}`),
  ].map((message) => ({ rule: 'AccurateRecords', message }));
}

/** Whether the status of a policy lists a removal at a time, in milliseconds since the epoch. */
export function listsRemoval(object: StoredObject, pair: string, at: number): boolean {
  return removalsIn(object).some((one) => one.pair === pair && Math.abs(one.at - at) < TOLERANCE_MS);
}

function removalsIn(object: StoredObject): ListedRemoval[] {
  const entries = (object.status?.recentRemovals ?? []) as {
    workspaceID: string;
    applicationID: string;
    times: string[];
  }[];
  return entries.flatMap(({ workspaceID, applicationID, times }) =>
    times.map((time) => ({ object, pair: `${workspaceID} ${applicationID}`, at: Date.parse(time) })),
  );
}

/** Returns the listed removals of a policy that match no call, each call matching one of them. */
function inventedIn(
  listed: readonly ListedRemoval[],
  acting: ReadonlySet<string>,
  { hidden, existing }: Record<'hidden' | 'existing', ReadonlySet<string>>,
  { sent, hadSeveralProcesses, hadStaleReads, changedByOthersAt, changesByOthers, due }: RemovalFacts,
): ListedRemoval[] {
  // A process that ended, or whose fleet rejected the policy, may have listed a call whose result nobody can find out.
  // Nor can it if the policy is deleted before the next read, or if that read shows the same change by someone else.
  const made = sent.filter(
    ({ removesInstalled, requestedBy, pair, at }) =>
      hadSeveralProcesses ||
      removesInstalled !== undefined ||
      [...requestedBy].some((uid) => hidden.has(uid) || !existing.has(uid)) ||
      changesByOthers.get(pair.split(' ')[0] ?? '')?.some((other) => other > at && other < at + TOLERANCE_MS),
  );
  const unmatched = new Set(made);
  return listed.filter(({ object, pair, at }) => {
    const { uid = '', name } = object.metadata;
    const match = [...unmatched].find((one) => one.pair === pair && isTimeOf(at, one, hadSeveralProcesses));
    if (match !== undefined && acting.has(name)) {
      unmatched.delete(match);
      return false;
    }
    // After a restart, a due removal by the operator looks like one by someone else, or like one that a stale read hid.
    const [workspaceID = ''] = pair.split(' ');
    const isAmbiguous = hadStaleReads || changedByOthersAt.has(workspaceID);
    return !(hadSeveralProcesses && due.has(`${uid} ${pair} Remove`) && isAmbiguous);
  });
}

/** Whether a status must list a removal: the policies that requested it exist, and nothing has hidden it. */
function isRequired(
  { pair, at, requestedBy, isShown, unreportedBy, removesInstalled }: SentRemoval,
  objects: readonly StoredObject[],
  cloud: SimulatedCloud,
  { changedByOthersAt, hiddenFromOwner, hadSeveralProcesses }: RemovalFacts,
): boolean {
  const [workspaceID = ''] = pair.split(' ');
  const requesting = objects.filter(({ metadata }) => requestedBy.has(metadata.uid ?? ''));
  // The status of a deleted policy may have been the only record.
  const exist = requesting.length === requestedBy.size;
  // A status that omits associations doesn't show the next process which of them the killed process was about to change.
  const isUnknown = hadSeveralProcesses && !isShown && unreportedBy.size > 0;
  return (
    removesInstalled === true &&
    cloud.workspace(workspaceID) !== undefined &&
    (changedByOthersAt.get(workspaceID) ?? 0) < at &&
    // Status and spec of an invalid or rejected policy are those of another time.
    exist &&
    !isUnknown &&
    // The status of a policy that its fleet doesn't admit shows no WorkSpaces, so a process that starts then can't know.
    ![...requestedBy].some((uid) => hiddenFromOwner.has(uid)) &&
    requesting.every((object) => isActing(object) && isReady(object))
  );
}

function isListed(
  removal: SentRemoval,
  listed: readonly ListedRemoval[],
  { sent, hadSeveralProcesses }: RemovalFacts,
): boolean {
  const { pair, at } = removal;
  const later = sent.filter((one) => one.pair === pair && one.at > at && one.removesInstalled === true);
  return (
    later.length >= MAX_TIMES ||
    listed.some((one) => one.pair === pair && isTimeOf(one.at, removal, hadSeveralProcesses))
  );
}

/** Whether a recorded time is that of a call. A process that follows a killed one records when it finds out. */
function isTimeOf(recordedAt: number, { at }: SentRemoval, hadSeveralProcesses: boolean): boolean {
  return recordedAt > at - TOLERANCE_MS && (recordedAt < at + TOLERANCE_MS || hadSeveralProcesses);
}

function isActing({ spec }: StoredObject): boolean {
  const { enforcement = 'Audit', suspend } = spec as unknown as PolicySpec;
  return enforcement !== 'Audit' && suspend !== true;
}

function isReady({ status }: StoredObject): boolean {
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
  return conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
}

/** Whether the status of a policy says that its fleet doesn't admit the policy. */
export function isNotPermitted({ status }: StoredObject): boolean {
  const conditions = (status?.conditions ?? []) as { type: string; reason: string }[];
  return conditions.some(({ type, reason }) => type === 'Ready' && reason === 'RefNotPermitted');
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}

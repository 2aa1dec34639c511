import type { AssociationErrorCode, StateReason } from '../fleet/model.ts';
import { resourceAlreadyExists, resourceInUse, resourceNotFound } from './errors.ts';

/** How long an association stays in the states that time ends, in milliseconds. */
export interface Durations {
  /** PENDING_INSTALL and PENDING_UNINSTALL. */
  readonly pending: number;
  readonly installing: number;
  readonly uninstalling: number;
  /** How long one that is REMOVED is still listed. */
  readonly removedListed: number;
}

export type LifecycleChange = 'INSTALL' | 'UNINSTALL';

/** One application on one WorkSpace. Times are epoch milliseconds. */
export interface SimulatedAssociation {
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly state: string;
  readonly stateReason?: StateReason | undefined;
  readonly created: number;
  readonly lastUpdated: number;
  /** What its deployment does, did or would do: an association in ERROR doesn't tell, and Force has to repeat it. */
  readonly change: LifecycleChange;
  /** What a disassociation that isn't deployed yet goes back to. */
  readonly undo?: Pick<SimulatedAssociation, 'state' | 'stateReason' | 'change'> | undefined;
  /** What time alone will bring, in order; without a state it is no longer listed. */
  readonly ahead: readonly Step[];
}

type Ids = Pick<SimulatedAssociation, 'workspaceID' | 'applicationID'>;

interface Step {
  readonly at: number;
  readonly state: string | undefined;
  readonly stateReason?: StateReason | undefined;
}

/** The ways that a deployment takes an association; the last state of each is the deployment's end. */
const COURSE: Record<LifecycleChange, readonly string[]> = {
  INSTALL: ['PENDING_INSTALL', 'INSTALLING', 'COMPLETED'],
  UNINSTALL: ['PENDING_UNINSTALL', 'UNINSTALLING', 'REMOVED'],
};

/** An association that enters a state now, as from a seed or by a person's hand. */
export function enter(
  entry: Pick<SimulatedAssociation, 'workspaceID' | 'applicationID' | 'state' | 'stateReason'> & {
    readonly change?: LifecycleChange | undefined;
    readonly created?: number | undefined;
  },
  now: number,
  durations: Durations,
): SimulatedAssociation {
  const change = entry.change ?? changeOf(entry.state);
  return {
    ...entry,
    change,
    created: entry.created ?? now,
    lastUpdated: now,
    ahead: ahead(entry.state, now, durations),
  };
}

/** The association as time has left it by `now`; undefined once it is no longer listed. */
export function advance(association: SimulatedAssociation, now: number): SimulatedAssociation | undefined {
  let current = association;
  for (const step of association.ahead) {
    if (step.at > now) {
      break;
    }
    if (step.state === undefined) {
      return undefined;
    }
    const { state, stateReason, at: lastUpdated } = step;
    current = { ...current, state, stateReason, lastUpdated, ahead: current.ahead.slice(1) };
  }
  return current;
}

/** AssociateWorkspaceApplication: a pending install, or the undoing of a disassociation that isn't deployed yet. */
export function associate(ids: Ids, current: SimulatedAssociation | undefined, now: number): SimulatedAssociation {
  switch (current?.state) {
    case 'PENDING_UNINSTALL_DEPLOYMENT':
      return { ...current, state: 'COMPLETED', change: 'INSTALL', ...current.undo, undo: undefined, lastUpdated: now };
    case undefined:
    case 'REMOVED':
    case 'ERROR':
      return {
        ...ids,
        state: 'PENDING_INSTALL_DEPLOYMENT',
        change: 'INSTALL',
        created: now,
        lastUpdated: now,
        ahead: [],
      };
    case 'COMPLETED':
    case 'PENDING_INSTALL_DEPLOYMENT':
      throw resourceAlreadyExists(`${ids.applicationID} is already associated with ${ids.workspaceID}.`);
    default:
      throw changing(ids, current?.state);
  }
}

/** DisassociateWorkspaceApplication: a pending uninstall, or the taking back of an install that isn't deployed yet. */
export function disassociate(
  ids: Ids,
  current: SimulatedAssociation | undefined,
  now: number,
  durations: Durations,
): SimulatedAssociation {
  switch (current?.state) {
    case 'COMPLETED':
    case 'ERROR': {
      const { state, stateReason, change } = current;
      const pending = { state: 'PENDING_UNINSTALL_DEPLOYMENT', stateReason: undefined, change: 'UNINSTALL' } as const;
      return { ...current, ...pending, undo: { state, stateReason, change }, lastUpdated: now };
    }
    case 'PENDING_INSTALL_DEPLOYMENT':
      return enter({ ...ids, state: 'REMOVED', created: current.created }, now, durations);
    case undefined:
    case 'REMOVED':
      throw resourceNotFound(ids.applicationID, `${ids.applicationID} is not associated with ${ids.workspaceID}.`);
    default:
      throw changing(ids, current?.state);
  }
}

/** Whether DeployWorkspaceApplications acts on it: `force` repeats what failed. */
export function mayDeploy({ state }: SimulatedAssociation, force: boolean): boolean {
  return state.endsWith('_DEPLOYMENT') || (force && state === 'ERROR');
}

/** A deployment begins; it ends in ERROR if a `failure` awaits it. */
export function deploy(
  association: SimulatedAssociation,
  now: number,
  durations: Durations,
  failure: StateReason | undefined,
): SimulatedAssociation {
  const state = `PENDING_${association.change}`;
  const steps = ahead(state, now, durations, failure);
  return { ...association, state, stateReason: undefined, undo: undefined, lastUpdated: now, ahead: steps };
}

/** When the deployment that an association is in ends, in epoch milliseconds; undefined if it is in none. */
export function deploymentEnd({ ahead }: SimulatedAssociation): number | undefined {
  return ahead.find(({ state }) => state === 'COMPLETED' || state === 'REMOVED' || state === 'ERROR')?.at;
}

function ahead(from: string, now: number, durations: Durations, failure?: StateReason): Step[] {
  const course = COURSE[changeOf(from)];
  const entered = course.indexOf(from);
  if (entered === -1) {
    return [];
  }
  const steps: Step[] = [];
  let at = now + stay(from, durations);
  for (const state of course.slice(entered + 1)) {
    const fails = failure !== undefined && state === course.at(-1);
    steps.push(fails ? { at, state: 'ERROR', stateReason: failure } : { at, state });
    at += stay(state, durations);
  }
  const isRemoved = course.at(-1) === 'REMOVED' && failure === undefined;
  return isRemoved ? [...steps, { at, state: undefined }] : steps;
}

function stay(state: string, durations: Durations): number {
  switch (state) {
    case 'INSTALLING':
      return durations.installing;
    case 'UNINSTALLING':
      return durations.uninstalling;
    case 'REMOVED':
      return durations.removedListed;
    default:
      return durations.pending;
  }
}

/** A failed deployment is taken for an uninstall unless said otherwise, as removals are what policies mostly rehearse. */
function changeOf(state: string): LifecycleChange {
  return state.includes('UNINSTALL') || state === 'REMOVED' || state === 'ERROR' ? 'UNINSTALL' : 'INSTALL';
}

function changing({ applicationID, workspaceID }: Ids, state: string | undefined): Error {
  return resourceInUse(
    applicationID,
    `The association of ${applicationID} with ${workspaceID} is being changed: ${state}.`,
  );
}

/** What AWS might say with each code; the codes are the model's, the words ours. */
export const ERROR_MESSAGES: Readonly<Record<AssociationErrorCode, string>> = {
  'ValidationError.InsufficientDiskSpace': 'The WorkSpace does not have enough free disk space.',
  'ValidationError.InsufficientMemory': 'The WorkSpace does not have enough memory.',
  'ValidationError.UnsupportedOperatingSystem': 'The operating system of the WorkSpace is not supported.',
  'ValidationError.ApplicationOldVersionExists': 'An older version of the application is installed on the WorkSpace.',
  'DeploymentError.InternalServerError': 'An internal error occurred while deploying.',
  'DeploymentError.WorkspaceUnreachable': 'The WorkSpace could not be reached.',
};

import type { AssociationErrorCode, StateReason } from '../fleet/model.ts';
import { operationNotSupported, resourceAlreadyExists, resourceInUse, resourceNotFound } from './errors.ts';
import type { Undocumented } from './undocumented.ts';

/** Time that an association or a WorkSpace stays in transient states, and intervals, in milliseconds. */
export interface Durations {
  /** Time in PENDING_INSTALL and PENDING_UNINSTALL. */
  readonly pending: number;
  readonly installing: number;
  readonly uninstalling: number;
  /** Time that a REMOVED association remains listed. */
  readonly removedListed: number;
  /** Difference between the end of the last association and of UPDATING, if there is any. */
  readonly settling: number;
  readonly rebuilding: number;
  readonly restoring: number;
  readonly migrating: number;
  /** Interval of full snapshots. AWS documents 12 hours. */
  readonly snapshots: number;
  /** Interval of connection checks. 0 for a check at each read. */
  readonly connectionChecks: number;
}

export type LifecycleChange = 'INSTALL' | 'UNINSTALL';

/** Association of an application with a WorkSpace. Times are in epoch milliseconds. */
export interface SimulatedAssociation {
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly state: string;
  readonly stateReason?: StateReason | undefined;
  readonly created: number;
  readonly lastUpdated: number;
  /**
   * Change of the latest or next deployment. An association in ERROR doesn't show it, and a forced deployment repeats
   * it.
   */
  readonly change: LifecycleChange;
  /** State to which undoing a pending disassociation returns. */
  readonly undo?: Pick<SimulatedAssociation, 'state' | 'stateReason' | 'change'> | undefined;
  /** Future steps in order. A step without a state removes the association from listings. */
  readonly upcoming: readonly Step[];
}

type Ids = Pick<SimulatedAssociation, 'workspaceID' | 'applicationID'>;

interface Step {
  readonly at: number;
  readonly state: string | undefined;
  readonly stateReason?: StateReason | undefined;
}

/** States of a deployment in order. The last one ends it. */
const DEPLOYMENT_STATES: Record<LifecycleChange, readonly string[]> = {
  INSTALL: ['PENDING_INSTALL', 'INSTALLING', 'COMPLETED'],
  UNINSTALL: ['PENDING_UNINSTALL', 'UNINSTALLING', 'REMOVED'],
};

/** Returns an association that enters a state now, for example, from a seed or a console user. */
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
    upcoming: upcoming(entry.state, now, durations),
  };
}

/** Returns the steps of an association that happen until a time. */
export function passedSteps({ upcoming }: SimulatedAssociation, now: number): readonly Step[] {
  return upcoming.filter(({ at }) => at <= now);
}

/** Returns the association at a time, or undefined when it is no longer listed. */
export function advance(association: SimulatedAssociation, now: number): SimulatedAssociation | undefined {
  let current = association;
  for (const step of association.upcoming) {
    if (step.at > now) {
      break;
    }
    if (step.state === undefined) {
      return undefined;
    }
    const { state, stateReason, at: lastUpdated } = step;
    current = { ...current, state, stateReason, lastUpdated, upcoming: current.upcoming.slice(1) };
  }
  return current;
}

/** Implements AssociateWorkspaceApplication: creates a pending installation or undoes a pending disassociation. */
export function associate(
  ids: Ids,
  current: SimulatedAssociation | undefined,
  now: number,
  { undoneRemoval }: Undocumented,
): SimulatedAssociation {
  switch (current?.state) {
    case 'PENDING_UNINSTALL_DEPLOYMENT':
      if (undoneRemoval === 'PendingInstallDeployment') {
        return {
          ...current,
          state: 'PENDING_INSTALL_DEPLOYMENT',
          change: 'INSTALL',
          undo: undefined,
          lastUpdated: now,
        };
      }
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
        upcoming: [],
      };
    case 'COMPLETED':
    case 'PENDING_INSTALL_DEPLOYMENT':
      throw resourceAlreadyExists(`${ids.applicationID} is already associated with ${ids.workspaceID}.`);
    default:
      throw inTransition(ids, current?.state);
  }
}

/**
 * Implements DisassociateWorkspaceApplication: creates a pending removal or cancels a pending installation, whose
 * association then is REMOVED.
 */
export function disassociate(
  ids: Ids,
  current: SimulatedAssociation | undefined,
  now: number,
  durations: Durations,
  { repeatedDisassociation }: Undocumented,
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
    case 'PENDING_UNINSTALL_DEPLOYMENT':
      if (repeatedDisassociation === 'Accept') {
        return current;
      }
      throw repeatedDisassociation === 'OperationNotSupportedException'
        ? operationNotSupported(`The removal of ${ids.applicationID} from ${ids.workspaceID} is already pending.`)
        : inTransition(ids, current.state);
    default:
      throw inTransition(ids, current?.state);
  }
}

/** Whether DeployWorkspaceApplications deploys the association. `force` repeats failed changes. */
export function mayDeploy({ state }: SimulatedAssociation, force: boolean): boolean {
  return state.endsWith('_DEPLOYMENT') || (force && state === 'ERROR');
}

/** Starts a deployment, which ends in ERROR if there is a `failure`. */
export function deploy(
  association: SimulatedAssociation,
  now: number,
  durations: Durations,
  failure: StateReason | undefined,
): SimulatedAssociation {
  const state = `PENDING_${association.change}`;
  const steps = upcoming(state, now, durations, failure);
  return { ...association, state, stateReason: undefined, undo: undefined, lastUpdated: now, upcoming: steps };
}

/** Returns the end of the current deployment in epoch milliseconds, or undefined if there is none. */
export function deploymentEnd({ upcoming }: SimulatedAssociation): number | undefined {
  return upcoming.find(({ state }) => state === 'COMPLETED' || state === 'REMOVED' || state === 'ERROR')?.at;
}

function upcoming(from: string, now: number, durations: Durations, failure?: StateReason): Step[] {
  const states = DEPLOYMENT_STATES[changeOf(from)];
  const entered = states.indexOf(from);
  if (entered === -1) {
    return [];
  }
  const steps: Step[] = [];
  let at = now + timeIn(from, durations);
  for (const state of states.slice(entered + 1)) {
    const fails = failure !== undefined && state === states.at(-1);
    steps.push(fails ? { at, state: 'ERROR', stateReason: failure } : { at, state });
    at += timeIn(state, durations);
  }
  const isRemoved = states.at(-1) === 'REMOVED' && failure === undefined;
  return isRemoved ? [...steps, { at, state: undefined }] : steps;
}

function timeIn(state: string, durations: Durations): number {
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

/** Returns the change of a state. ERROR defaults to a removal, the most common change of policies. */
function changeOf(state: string): LifecycleChange {
  return state.includes('UNINSTALL') || state === 'REMOVED' || state === 'ERROR' ? 'UNINSTALL' : 'INSTALL';
}

function inTransition({ applicationID, workspaceID }: Ids, state: string | undefined): Error {
  return resourceInUse(
    applicationID,
    `The association of ${applicationID} with ${workspaceID} is being changed: ${state}.`,
  );
}

/** Messages by error code. The codes are from the model, the texts are invented. */
export const ERROR_MESSAGES: Readonly<Record<AssociationErrorCode, string>> = {
  'ValidationError.InsufficientDiskSpace': 'The WorkSpace does not have enough free disk space.',
  'ValidationError.InsufficientMemory': 'The WorkSpace does not have enough memory.',
  'ValidationError.UnsupportedOperatingSystem': 'The operating system of the WorkSpace is not supported.',
  'ValidationError.ApplicationOldVersionExists': 'An older version of the application is installed on the WorkSpace.',
  'DeploymentError.InternalServerError': 'An internal error occurred while deploying.',
  'DeploymentError.WorkspaceUnreachable': 'The WorkSpace could not be reached.',
};

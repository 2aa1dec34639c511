import type { StateReason } from '../fleet/model.ts';
import { type Durations, ERROR_MESSAGES, enter, type SimulatedAssociation } from './lifecycle.ts';
import { shapeNamed } from './model.ts';
import { milliseconds, type Seed } from './seed.ts';
import type { ApplicationDocument, AssociationDocument, WorkspaceDocument } from './seedDocument.ts';
import { beginUpdating, type SimulatedApplication, SimulatedFleet, type SimulatedWorkspace } from './simulatedFleet.ts';

/** Age of objects for which the seed has no time. */
const DEFAULT_AGE_MS = milliseconds('30d');

const ALL_COMPUTE_TYPES = shapeNamed('Compute').enum ?? [];
const WINDOWS_VERSIONS = (shapeNamed('OperatingSystemName').enum ?? []).filter((name) => name.startsWith('WINDOWS'));

/** Creates the fleet of a seed at a time in epoch milliseconds. */
export function createFleet(seed: Seed, now: number): SimulatedFleet {
  const applications = seed.applications.map((application) => createApplication(application, now));
  const workspaces = seed.workspaces.map((workspace) => createWorkspace(workspace, now, seed.durations));
  return new SimulatedFleet(workspaces, applications);
}

function createApplication(application: ApplicationDocument, now: number): SimulatedApplication {
  return {
    owner: 'AMAZON',
    state: 'AVAILABLE',
    licenseType: 'LICENSED',
    supportedComputeTypeNames: ALL_COMPUTE_TYPES,
    supportedOperatingSystemNames: WINDOWS_VERSIONS,
    ...application,
    created: now - DEFAULT_AGE_MS,
  };
}

function createWorkspace(document: WorkspaceDocument, now: number, durations: Durations): SimulatedWorkspace {
  const { workspaceID, lastConnectedAgo, applications = [] } = document;
  const associations = applications.map((application) => createAssociation(workspaceID, application, now, durations));
  const workspace: SimulatedWorkspace = {
    workspaceID,
    userName: document.userName,
    directoryID: document.directoryID,
    bundleID: document.bundleID,
    computerName: document.computerName ?? `WSAMZN-${workspaceID.slice(-8).toUpperCase()}`,
    operatingSystemName: document.operatingSystemName ?? 'WINDOWS_SERVER_2022',
    computeTypeName: document.computeTypeName ?? 'STANDARD',
    runningMode: document.runningMode ?? 'AUTO_STOP',
    state: document.state ?? 'AVAILABLE',
    connection: document.connection ?? 'DISCONNECTED',
    lastConnected: lastConnectedAgo === undefined ? undefined : now - milliseconds(lastConnectedAgo),
    tags: document.tags ?? {},
    deployment: undefined,
    associations: new Map(associations.map((association) => [association.applicationID, association])),
  };
  if (document.state === undefined) {
    beginUpdating(workspace);
  }
  return workspace;
}

function createAssociation(
  workspaceID: string,
  application: string | AssociationDocument,
  now: number,
  durations: Durations,
): SimulatedAssociation {
  const document = typeof application === 'string' ? { applicationID: application } : application;
  const { applicationID, state = 'COMPLETED', stateReason, failed: change }: AssociationDocument = document;
  const reason: StateReason | undefined = stateReason && {
    ...stateReason,
    errorMessage: stateReason.errorMessage ?? ERROR_MESSAGES[stateReason.errorCode],
  };
  const entry = { workspaceID, applicationID, state, stateReason: reason, change, created: now - DEFAULT_AGE_MS };
  return enter(entry, now, durations);
}

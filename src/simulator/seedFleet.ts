import type { StateReason } from '../fleet/model.ts';
import { type Durations, ERROR_MESSAGES, enter, type SimulatedAssociation } from './lifecycle.ts';
import { shapeNamed } from './model.ts';
import { milliseconds, type Seed } from './seed.ts';
import type { ApplicationDocument, AssociationDocument, WorkspaceDocument } from './seedDocument.ts';
import { beginUpdating, type SimulatedApplication, SimulatedFleet, type SimulatedWorkspace } from './simulatedFleet.ts';

/** What a seed doesn't date has been there for a month. */
const MONTH = milliseconds('30d');

const COMPUTE_TYPES = shapeNamed('Compute').enum ?? [];
const WINDOWS = (shapeNamed('OperatingSystemName').enum ?? []).filter((name) => name.startsWith('WINDOWS'));

/** The fleet that a seed describes, at a time in epoch milliseconds. */
export function plant(seed: Seed, now: number): SimulatedFleet {
  const applications = seed.applications.map((application) => plantApplication(application, now));
  const workspaces = seed.workspaces.map((workspace) => plantWorkspace(workspace, now, seed.durations));
  return new SimulatedFleet(workspaces, applications);
}

function plantApplication(application: ApplicationDocument, now: number): SimulatedApplication {
  return {
    owner: 'AMAZON',
    state: 'AVAILABLE',
    licenseType: 'LICENSED',
    supportedComputeTypeNames: COMPUTE_TYPES,
    supportedOperatingSystemNames: WINDOWS,
    ...application,
    created: now - MONTH,
  };
}

function plantWorkspace(document: WorkspaceDocument, now: number, durations: Durations): SimulatedWorkspace {
  const { workspaceID, lastConnectedAgo, applications = [] } = document;
  const associations = applications.map((application) => plantAssociation(workspaceID, application, now, durations));
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

function plantAssociation(
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
  const entry = { workspaceID, applicationID, state, stateReason: reason, change, created: now - MONTH };
  return enter(entry, now, durations);
}

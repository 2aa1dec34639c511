import type { StateReason } from '../fleet/model.ts';
import { beginUpdating } from './advanceWorkspace.ts';
import { documentedFacts } from './catalog.ts';
import { connectionAt } from './connectionChecks.ts';
import { type Durations, ERROR_MESSAGES, enter, type SimulatedAssociation } from './lifecycle.ts';
import { milliseconds, type Seed } from './seed.ts';
import type { ApplicationDocument, AssociationDocument, BundleDocument, WorkspaceDocument } from './seedDocument.ts';
import { SimulatedFleet } from './simulatedFleet.ts';
import type {
  ConnectionCheck,
  SimulatedApplication,
  SimulatedBundle,
  SimulatedImage,
  SimulatedWorkspace,
} from './simulatedResources.ts';
import { createSoftware } from './software.ts';

/** Age of objects for which the seed has no time. */
const DEFAULT_AGE_MS = milliseconds('30d');

/** States of an association whose application isn't on the volumes. */
const NOT_INSTALLED_STATES = ['PENDING_INSTALL_DEPLOYMENT', 'PENDING_INSTALL', 'INSTALLING', 'REMOVED'];

/** Whether the application of an association is on the volumes at the start. */
function isInstalled({ state, change }: SimulatedAssociation): boolean {
  return !NOT_INSTALLED_STATES.includes(state) && !(state === 'ERROR' && change === 'INSTALL');
}

/** Creates the fleet of a seed at a time in epoch milliseconds. */
export function createFleet(seed: Seed, now: number): SimulatedFleet {
  const applications = seed.applications.map((application) => createApplication(application, now));
  const bundles = createBundles(seed, now);
  const computeTypes = new Map(seed.bundles.map(({ bundleID, computeTypeName }) => [bundleID, computeTypeName]));
  const workspaces = seed.workspaces.map((workspace) =>
    createWorkspace(workspace, computeTypes.get(workspace.bundleID) ?? 'STANDARD', now, seed),
  );
  return new SimulatedFleet({ workspaces, applications, bundles, images: createImages(seed, now) }, seed.durations);
}

function createApplication(application: ApplicationDocument, now: number): SimulatedApplication {
  const { owner = 'AMAZON' } = application;
  return {
    // The names of an account's own applications have no meaning to AWS.
    ...documentedFacts(owner === 'AMAZON' ? application.name : ''),
    licenseType: 'LICENSED',
    ...application,
    owner,
    created: now - DEFAULT_AGE_MS,
  };
}

/** Returns the declared bundles, and an empty one for each other that a WorkSpace uses. */
function createBundles({ bundles, images, workspaces, accountID }: Seed, now: number): SimulatedBundle[] {
  const declared = new Map(bundles.map((bundle) => [bundle.bundleID, bundle]));
  const ids = new Set([...declared.keys(), ...workspaces.map(({ bundleID }) => bundleID)]);
  return [...ids].map((bundleID) => {
    const bundle: BundleDocument = declared.get(bundleID) ?? { bundleID };
    const { name = bundleID, owner = accountID, imageID, computeTypeName = 'STANDARD' } = bundle;
    const image = images.find((candidate) => candidate.imageID === imageID);
    const applications = bundle.applications ?? image?.applications ?? [];
    return { bundleID, name, owner, imageID, computeTypeName, applications, created: now - DEFAULT_AGE_MS };
  });
}

function createImages({ images }: Seed, now: number): SimulatedImage[] {
  return images.map(({ imageID, applications = [] }) => ({ imageID, applications, created: now - DEFAULT_AGE_MS }));
}

/** `computeTypeName`: compute type of the bundle. */
function createWorkspace(
  document: WorkspaceDocument,
  computeTypeName: string,
  now: number,
  seed: Seed,
): SimulatedWorkspace {
  const { workspaceID, lastConnectedAgo, applications = [], tags = {}, previouslyTagged = false } = document;
  const associations = applications.map((application) =>
    createAssociation(workspaceID, application, now, seed.durations),
  );
  const installed = associations.filter(isInstalled);
  const connection = {
    state: document.state ?? 'AVAILABLE',
    connection: document.connection ?? 'DISCONNECTED',
    lastConnected: lastConnectedAgo === undefined ? undefined : now - milliseconds(lastConnectedAgo),
  };
  const workspace: SimulatedWorkspace = {
    workspaceID,
    userName: document.userName,
    directoryID: document.directoryID,
    bundleID: document.bundleID,
    computerName: document.computerName ?? `WSAMZN-${workspaceID.slice(-8).toUpperCase()}`,
    workspaceName: document.workspaceName,
    operatingSystemName: document.operatingSystemName ?? 'WINDOWS_SERVER_2022',
    computeTypeName: document.computeTypeName ?? computeTypeName,
    runningMode: document.runningMode ?? 'AUTO_STOP',
    ...connection,
    isConnectionChecked: document.connectionCheckedAgo === undefined,
    connectionCheck: lastCheck(document.connectionCheckedAgo, connection, now),
    tags,
    wasTagged: previouslyTagged || Object.keys(tags).length > 0,
    freeDiskSpaceGib: document.freeDiskSpaceGib,
    software: createSoftware(
      installed.map(({ applicationID }) => applicationID),
      now,
    ),
    deployment: undefined,
    recreation: undefined,
    associations: new Map(associations.map((association) => [association.applicationID, association])),
  };
  if (document.state === undefined) {
    beginUpdating(workspace, now, seed.durations, seed.undocumented);
  }
  return workspace;
}

/** Returns the last connection check of a WorkSpace that AWS checks no more, or undefined. `ago`: duration or `never`. */
export function lastCheck(
  ago: string | undefined,
  workspace: Pick<SimulatedWorkspace, 'state' | 'connection' | 'lastConnected'>,
  now: number,
): ConnectionCheck | undefined {
  return ago === undefined || ago === 'never' ? undefined : connectionAt(workspace, now - milliseconds(ago));
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

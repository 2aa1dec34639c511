import type {
  AssociateWorkspaceApplicationRequest,
  DeployWorkspaceApplicationsRequest,
  DisassociateWorkspaceApplicationRequest,
} from '@aws-sdk/client-workspaces';
import type { StateReason } from '../fleet/model.ts';
import { invalidParameterValues, operationNotSupported, resourceInUse, ServiceError } from './errors.ts';
import { associate, type Durations, deploy, disassociate, mayDeploy } from './lifecycle.ts';
import { workspaceSide } from './presentation.ts';
import {
  beginUpdating,
  type SimulatedApplication,
  type SimulatedFleet,
  type SimulatedWorkspace,
} from './simulatedFleet.ts';
import type { JsonObject } from './validate.ts';

/** Context of a change. */
export interface ChangeContext {
  /** Current time in epoch milliseconds. */
  readonly now: number;
  readonly durations: Durations;
  /** Returns the error with which the deployment of an association will end, or undefined if it will succeed. */
  readonly failureOf: (workspaceID: string, applicationID: string) => StateReason | undefined;
}

export function associateWorkspaceApplication(
  fleet: SimulatedFleet,
  { WorkspaceId, ApplicationId }: AssociateWorkspaceApplicationRequest,
  { now }: ChangeContext,
): JsonObject {
  const workspace = fleet.workspace(WorkspaceId ?? '');
  const application = fleet.application(ApplicationId ?? '');
  const { workspaceID, associations } = workspace;
  const { applicationID } = application;
  const current = associations.get(applicationID);
  // Undoing a disassociation installs nothing, so the application isn't checked.
  if (current?.state !== 'PENDING_UNINSTALL_DEPLOYMENT') {
    assertFits(application, workspace);
  }
  return {
    Association: workspaceSide(fleet.put(associate({ workspaceID, applicationID }, current, now))),
  };
}

export function disassociateWorkspaceApplication(
  fleet: SimulatedFleet,
  { WorkspaceId, ApplicationId }: DisassociateWorkspaceApplicationRequest,
  { now, durations }: ChangeContext,
): JsonObject {
  const { workspaceID, associations } = fleet.workspace(WorkspaceId ?? '');
  const { applicationID } = fleet.application(ApplicationId ?? '');
  const current = associations.get(applicationID);
  return {
    Association: workspaceSide(fleet.put(disassociate({ workspaceID, applicationID }, current, now, durations))),
  };
}

/**
 * Deploys all pending changes of a WorkSpace, regardless of who made them. Disconnects its user and keeps it UPDATING
 * until the deployment ends.
 */
export function deployWorkspaceApplications(
  fleet: SimulatedFleet,
  { WorkspaceId, Force }: DeployWorkspaceApplicationsRequest,
  { now, durations, failureOf }: ChangeContext,
): JsonObject {
  const workspace = fleet.workspace(WorkspaceId ?? '');
  assertDeployable(workspace);
  const pending = [...workspace.associations.values()].filter((association) => mayDeploy(association, Force ?? false));
  if (pending.length === 0) {
    throw invalidParameterValues(`The WorkSpace ${workspace.workspaceID} has no pending changes to deploy.`);
  }
  const deployed = pending.map((association) => {
    const failure = failureOf(workspace.workspaceID, association.applicationID);
    return fleet.put(deploy(association, now, durations, failure));
  });
  beginUpdating(workspace);
  if (workspace.connection === 'CONNECTED') {
    workspace.connection = 'DISCONNECTED';
    workspace.lastConnected = now;
  }
  return { Deployment: { Associations: deployed.map(workspaceSide) } };
}

/** Transient states in which AWS is processing the WorkSpace. */
const TRANSIENT_STATES =
  'PENDING REBOOTING STARTING STOPPING REBUILDING RESTORING MAINTENANCE ADMIN_MAINTENANCE UPDATING'.split(' ');

function assertDeployable({ workspaceID, state }: SimulatedWorkspace): void {
  if (state === 'AVAILABLE' || state === 'STOPPED') {
    return;
  }
  const message = `The WorkSpace ${workspaceID} is ${state}. Applications can be deployed only if it is AVAILABLE or STOPPED.`;
  throw TRANSIENT_STATES.includes(state) ? resourceInUse(workspaceID, message) : operationNotSupported(message);
}

function assertFits(application: SimulatedApplication, workspace: SimulatedWorkspace): void {
  const { state, applicationID, supportedOperatingSystemNames, supportedComputeTypeNames } = application;
  if (state !== 'AVAILABLE') {
    throw new ServiceError('ApplicationNotSupportedException', `${applicationID} is ${state} and can't be installed.`);
  }
  if (!supportedOperatingSystemNames.includes(workspace.operatingSystemName)) {
    throw new ServiceError(
      'OperatingSystemNotCompatibleException',
      `${applicationID} doesn't support the operating system of the WorkSpace.`,
    );
  }
  if (!supportedComputeTypeNames.includes(workspace.computeTypeName)) {
    throw new ServiceError(
      'ComputeNotCompatibleException',
      `${applicationID} doesn't support the compute type of the WorkSpace.`,
    );
  }
}

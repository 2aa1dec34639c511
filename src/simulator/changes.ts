import type {
  AssociateWorkspaceApplicationRequest,
  DeployWorkspaceApplicationsRequest,
  DisassociateWorkspaceApplicationRequest,
} from '@aws-sdk/client-workspaces';
import type { StateReason } from '../fleet/model.ts';
import { beginUpdating } from './advanceWorkspace.ts';
import { assertAssociable, assertDeployableTogether, assertInstallable, installationError } from './compatibility.ts';
import { keepLatestCheck } from './connectionChecks.ts';
import {
  invalidParameterValues,
  operationNotSupported,
  resourceInUse,
  resourceUnavailable,
  type ServiceError,
} from './errors.ts';
import { associate, type Durations, deploy, disassociate, mayDeploy, type SimulatedAssociation } from './lifecycle.ts';
import { workspaceSide } from './presentation.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { SimulatedWorkspace } from './simulatedResources.ts';
import type { Undocumented } from './undocumented.ts';
import type { JsonObject } from './validate.ts';

/** Context of a change. */
export interface ChangeContext {
  /** Current time in epoch milliseconds. */
  readonly now: number;
  readonly durations: Durations;
  readonly undocumented: Undocumented;
  /** Returns the error with which the deployment of an association will end, or undefined if it will succeed. */
  readonly failureOf: (workspaceID: string, applicationID: string) => StateReason | undefined;
}

export function associateWorkspaceApplication(
  fleet: SimulatedFleet,
  { WorkspaceId, ApplicationId }: AssociateWorkspaceApplicationRequest,
  { now, undocumented }: ChangeContext,
): JsonObject {
  const workspace = fleet.workspace(WorkspaceId ?? '');
  const application = fleet.application(ApplicationId ?? '');
  assertChangeable(workspace, undocumented);
  const { workspaceID, associations } = workspace;
  const { applicationID } = application;
  const current = associations.get(applicationID);
  const associated = associate({ workspaceID, applicationID }, current, now, undocumented);
  // Undoing a disassociation installs nothing, so the application isn't checked.
  if (current?.state !== 'PENDING_UNINSTALL_DEPLOYMENT') {
    assertInstallable(application, workspace);
    assertAssociable(fleet, application, workspace, undocumented);
  }
  return { Association: workspaceSide(fleet.put(associated)) };
}

export function disassociateWorkspaceApplication(
  fleet: SimulatedFleet,
  { WorkspaceId, ApplicationId }: DisassociateWorkspaceApplicationRequest,
  { now, durations, undocumented }: ChangeContext,
): JsonObject {
  const workspace = fleet.workspace(WorkspaceId ?? '');
  const { workspaceID, associations } = workspace;
  const { applicationID } = fleet.application(ApplicationId ?? '');
  assertChangeable(workspace, undocumented);
  const current = associations.get(applicationID);
  const changed = disassociate({ workspaceID, applicationID }, current, now, durations, undocumented);
  const association = workspaceSide(fleet.put(changed));
  if (changed.state === 'REMOVED' && undocumented.undoneInstallation === 'Unlisted') {
    associations.delete(applicationID);
  }
  return { Association: association };
}

/**
 * Deploys all pending changes of a WorkSpace, regardless of who made them. Disconnects its user and keeps it UPDATING
 * until the deployment ends.
 */
export function deployWorkspaceApplications(
  fleet: SimulatedFleet,
  { WorkspaceId, Force }: DeployWorkspaceApplicationsRequest,
  { now, durations, failureOf, undocumented }: ChangeContext,
): JsonObject {
  const workspace = fleet.workspace(WorkspaceId ?? '');
  const { workspaceID, associations } = workspace;
  assertReady(workspace, undocumented);
  const pending = [...associations.values()].filter((association) => mayDeploy(association, Force ?? false));
  if (pending.length === 0) {
    return emptyDeployment(workspaceID, undocumented);
  }
  assertDeployableTogether(fleet, workspace, pending);
  keepLatestCheck(workspace, now, durations.connectionChecks);

  const failures = new Map(pending.map(({ applicationID }) => [applicationID, failureOf(workspaceID, applicationID)]));
  const uninstalled = new Set(
    pending.filter(isUninstallation).flatMap(({ applicationID: id }) => (failures.get(id) === undefined ? id : [])),
  );
  const deployed = pending.map((association) => {
    const { applicationID } = association;
    const failure = isUninstallation(association)
      ? undefined
      : installationError(fleet, workspace, applicationID, uninstalled, undocumented);
    return fleet.put(deploy(association, now, durations, failures.get(applicationID) ?? failure));
  });
  beginUpdating(workspace, now, durations, undocumented);
  if (workspace.connection === 'CONNECTED') {
    workspace.connection = 'DISCONNECTED';
    workspace.lastConnected = now;
  }
  return { Deployment: { Associations: deployed.map(workspaceSide) } };
}

const isUninstallation = ({ change }: SimulatedAssociation) => change === 'UNINSTALL';

function emptyDeployment(workspaceID: string, { emptyDeployment }: Undocumented): JsonObject {
  if (emptyDeployment === 'Accept') {
    return { Deployment: { Associations: [] } };
  }
  const message = `The WorkSpace ${workspaceID} has no pending changes to deploy.`;
  throw emptyDeployment === 'OperationNotSupportedException'
    ? operationNotSupported(message)
    : invalidParameterValues(message);
}

/** Transient states in which AWS is processing the WorkSpace. */
const TRANSIENT_STATES =
  'PENDING REBOOTING STARTING STOPPING REBUILDING RESTORING MAINTENANCE ADMIN_MAINTENANCE UPDATING'.split(' ');

function assertChangeable(workspace: SimulatedWorkspace, undocumented: Undocumented): void {
  if (undocumented.changesInOtherStates === 'Reject') {
    assertReady(workspace, undocumented);
  }
}

/** Throws an exception unless the WorkSpace is AVAILABLE or STOPPED. */
function assertReady({ workspaceID, state }: SimulatedWorkspace, { rejectedState }: Undocumented): void {
  if (state === 'AVAILABLE' || state === 'STOPPED') {
    return;
  }
  const message = `The WorkSpace ${workspaceID} is ${state}. Applications can be changed only if it is AVAILABLE or STOPPED.`;
  const byState = TRANSIENT_STATES.includes(state) ? 'ResourceInUseException' : 'OperationNotSupportedException';
  const exceptions: Record<Exclude<Undocumented['rejectedState'], 'ByState'>, () => ServiceError> = {
    ResourceInUseException: () => resourceInUse(workspaceID, message),
    ResourceUnavailableException: () => resourceUnavailable(workspaceID, message),
    OperationNotSupportedException: () => operationNotSupported(message),
  };
  throw exceptions[rejectedState === 'ByState' ? byState : rejectedState]();
}

import type { SimulatedAssociation } from './lifecycle.ts';
import type { SimulatedApplication, SimulatedWorkspace } from './simulatedResources.ts';
import type { JsonObject } from './validate.ts';

/** Converts a time to epoch seconds with decimals, the format of timestamps in the API. */
export const epochSeconds = (milliseconds: number) => Math.round(milliseconds) / 1000;

export function presentWorkspace(workspace: SimulatedWorkspace): JsonObject {
  return {
    WorkspaceId: workspace.workspaceID,
    DirectoryId: workspace.directoryID,
    UserName: workspace.userName,
    State: workspace.state,
    BundleId: workspace.bundleID,
    ComputerName: workspace.computerName,
    ...(workspace.workspaceName !== undefined && { WorkspaceName: workspace.workspaceName }),
    WorkspaceProperties: {
      RunningMode: workspace.runningMode,
      ComputeTypeName: workspace.computeTypeName,
      OperatingSystemName: workspace.operatingSystemName,
    },
  };
}

export function presentApplication(application: SimulatedApplication): JsonObject {
  return {
    ApplicationId: application.applicationID,
    Created: epochSeconds(application.created),
    ...(application.description === undefined ? {} : { Description: application.description }),
    LicenseType: application.licenseType,
    Name: application.name,
    Owner: application.owner,
    State: application.state,
    SupportedComputeTypeNames: application.supportedComputeTypeNames,
    SupportedOperatingSystemNames: application.supportedOperatingSystemNames,
  };
}

/**
 * Returns an association as listed by WorkSpace and returned by changes: the associated resource is the application.
 */
export function workspaceSide(association: SimulatedAssociation): JsonObject {
  return {
    WorkspaceId: association.workspaceID,
    AssociatedResourceId: association.applicationID,
    AssociatedResourceType: 'APPLICATION',
    ...presentState(association),
  };
}

/** Returns an association as listed by application: the associated resource is the WorkSpace. */
export function applicationSide(association: SimulatedAssociation): JsonObject {
  return {
    ApplicationId: association.applicationID,
    AssociatedResourceId: association.workspaceID,
    AssociatedResourceType: 'WORKSPACE',
    ...presentState(association),
  };
}

/** Returns the association of an application with a bundle or an image. `created` is in epoch milliseconds. */
export function containerSide(
  applicationID: string,
  type: 'BUNDLE' | 'IMAGE',
  resourceID: string,
  created: number,
): JsonObject {
  return {
    ApplicationId: applicationID,
    AssociatedResourceId: resourceID,
    AssociatedResourceType: type,
    ...presentState({ state: 'COMPLETED', stateReason: undefined, created, lastUpdated: created }),
  };
}

function presentState({
  state,
  stateReason,
  created,
  lastUpdated,
}: Pick<SimulatedAssociation, 'state' | 'stateReason' | 'created' | 'lastUpdated'>): JsonObject {
  const presented: JsonObject = {
    Created: epochSeconds(created),
    LastUpdatedTime: epochSeconds(lastUpdated),
    State: state,
  };
  if (stateReason !== undefined) {
    presented.StateReason = {
      ...(stateReason.errorCode === undefined ? {} : { ErrorCode: stateReason.errorCode }),
      ...(stateReason.errorMessage === undefined ? {} : { ErrorMessage: stateReason.errorMessage }),
    };
  }
  return presented;
}

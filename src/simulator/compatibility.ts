import type { StateReason } from '../fleet/model.ts';
import { ServiceError } from './errors.ts';
import { ERROR_MESSAGES, type SimulatedAssociation } from './lifecycle.ts';
import { areIncompatible, areReleasesOfOneProduct } from './microsoftOffice.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { SimulatedApplication, SimulatedWorkspace } from './simulatedResources.ts';
import type { Undocumented } from './undocumented.ts';

/** Throws the exception of AWS unless the application may be installed on the WorkSpace. */
export function assertInstallable(application: SimulatedApplication, workspace: SimulatedWorkspace): void {
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

/** States of an application that is disassociated and still installed. */
const LEAVING_STATES = ['PENDING_UNINSTALL_DEPLOYMENT', 'PENDING_UNINSTALL', 'UNINSTALLING'];

/** Throws IncompatibleApplicationsException if an associated application prevents the association of another. */
export function assertAssociable(
  fleet: SimulatedFleet,
  { applicationID }: SimulatedApplication,
  { associations }: SimulatedWorkspace,
  { incompatibleUntil }: Undocumented,
): void {
  if (incompatibleUntil === 'Deployed') {
    return;
  }
  const others = [...associations.values()].filter(
    ({ state }) => state !== 'REMOVED' && !(incompatibleUntil === 'Disassociated' && LEAVING_STATES.includes(state)),
  );
  assertCompatible(fleet, applicationID, others);
}

/** Throws IncompatibleApplicationsException if a deployment would install an application beside an incompatible one. */
export function assertDeployableTogether(
  fleet: SimulatedFleet,
  { associations }: SimulatedWorkspace,
  deployed: readonly SimulatedAssociation[],
): void {
  const uninstalled = new Set(
    deployed.filter(({ change }) => change === 'UNINSTALL').map(({ applicationID }) => applicationID),
  );
  const remaining = [...associations.values()].filter(
    ({ state, applicationID }) => state !== 'REMOVED' && !uninstalled.has(applicationID),
  );
  for (const { applicationID } of deployed.filter(({ change }) => change === 'INSTALL')) {
    assertCompatible(fleet, applicationID, remaining);
  }
}

function assertCompatible(
  fleet: SimulatedFleet,
  applicationID: string,
  others: readonly Pick<SimulatedAssociation, 'applicationID'>[],
): void {
  const incompatible = others.find((other) =>
    areIncompatible(fleet.nameOf(applicationID), fleet.nameOf(other.applicationID)),
  );
  if (incompatible !== undefined && incompatible.applicationID !== applicationID) {
    const message = `${applicationID} can't be installed beside ${incompatible.applicationID}: Office, Visio, and Project must have the same edition and version.`;
    throw new ServiceError('IncompatibleApplicationsException', message);
  }
}

/**
 * Returns the error with which the installation of an application ends, or undefined. `uninstalled` are the IDs of the
 * applications that the same deployment uninstalls.
 */
export function installationError(
  fleet: SimulatedFleet,
  { software, freeDiskSpaceGib }: SimulatedWorkspace,
  applicationID: string,
  uninstalled: ReadonlySet<string>,
  { swapOrder }: Undocumented,
): StateReason | undefined {
  const present = swapOrder === 'UninstallFirst' ? software.installed.difference(uninstalled) : software.installed;
  const name = fleet.nameOf(applicationID);
  const hasOldVersion = [...present].some((other) => areReleasesOfOneProduct(name, fleet.nameOf(other)));
  if (hasOldVersion) {
    return reason('ValidationError.ApplicationOldVersionExists');
  }
  const { requiredDiskSpaceGib } = fleet.application(applicationID);
  return freeDiskSpaceGib !== undefined && requiredDiskSpaceGib > freeDiskSpaceGib
    ? reason('ValidationError.InsufficientDiskSpace')
    : undefined;
}

function reason(errorCode: keyof typeof ERROR_MESSAGES): StateReason {
  return { errorCode, errorMessage: ERROR_MESSAGES[errorCode] };
}

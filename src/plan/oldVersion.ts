import type { Application, Association } from '../fleet/model.ts';
import { areOfSameFamily } from '../fleet/products.ts';
import { applicationIn, type Snapshot } from '../inventory/snapshot.ts';
import type { DesiredState, NextStep } from './nextStep.ts';
import type { StartedView } from './reverts.ts';

/**
 * Returns a forced deployment if an installation that the operator began failed because an old version was installed, and AWS has removed
 * that version since, for example, later in the same deployment. The operator forces such a deployment once. Otherwise undefined.
 */
export function installationRetry(
  desired: DesiredState,
  association: Association,
  { name }: Application,
  snapshot: Pick<Snapshot, 'applications' | 'associations'>,
  started: StartedView,
): NextStep | undefined {
  const { state, stateReason, workspaceID, applicationID } = association;
  const isOldVersion = stateReason?.errorCode === OLD_VERSION_EXISTS && state === 'ERROR';
  if (desired !== 'Present' || !isOldVersion || !started.mayRepeatInstallation(association)) {
    return undefined;
  }
  const others = [...(snapshot.associations.get(workspaceID)?.values() ?? [])].filter(
    (one) => one.applicationID !== applicationID && one.state !== 'REMOVED',
  );
  const isGone = !others.some((one) => areOfSameFamily(name, applicationIn(snapshot, one.applicationID).name));
  return isGone ? { kind: 'Deploy', force: true } : undefined;
}

/** Error code of an installation that failed because an old version of the application was installed. */
export const OLD_VERSION_EXISTS = 'ValidationError.ApplicationOldVersionExists';

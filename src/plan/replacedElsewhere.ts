import type { Application } from '../fleet/model.ts';
import { isTransitioning } from '../fleet/states.ts';
import { incompatibilityOf, nameOf } from './compatibility.ts';
import type { MissingApplication } from './missingApplications.ts';
import type { Finding, Incompatibility } from './plan.ts';
import { explainedAs, type ReplacementInputs, replacing } from './replacing.ts';

/**
 * Returns the removal of an application with what it waits for, if other policies require missing applications that replace it: until they
 * are associated, nothing may deploy the removal, and it begins only if AWS rejects the installation because of the application.
 * Returns undefined if nothing replaces the application.
 *
 * @param missing missing applications of the WorkSpace
 */
export function replacedElsewhere(
  removal: Finding,
  missing: readonly MissingApplication[],
  staying: readonly Application[],
  inputs: ReplacementInputs,
): Finding | undefined {
  const replacements = replacing(removal, missing);
  if (replacements.length === 0) {
    return undefined;
  }
  const replacement = inputs.shared({
    removed: [removal.application],
    installed: replacements.map(({ application }) => application),
    isOwn: false,
    canComplete: true,
  });
  const part = { ...removal, ...explainedAs(removal, replacement), replacement };
  for (const candidate of replacements) {
    const incompatible = incompatibilityFor(candidate, removal, staying, inputs);
    if (incompatible !== undefined) {
      return { ...part, incompatible };
    }
  }
  const waitsFor = inputs.policy.replacements === 'Sequential' ? undefined : firstWait(replacements, removal, inputs);
  return { ...part, waitsFor };
}

function incompatibilityFor(
  { application }: MissingApplication,
  { workspace, association: removed }: Finding,
  staying: readonly Application[],
  { snapshot, refusals }: ReplacementInputs,
): Incompatibility | undefined {
  const current = snapshot.associations.get(workspace.workspaceID)?.get(application.applicationID);
  if (current !== undefined && current.state !== 'REMOVED') {
    return undefined;
  }
  const others = staying.filter(({ applicationID }) => applicationID !== application.applicationID);
  const predicted = incompatibilityOf(application, workspace, others);
  return predicted === undefined
    ? refusals.refusalWithout(workspace, application, removed)
    : { message: `its replacement can't be installed: ${predicted}`, isPredicted: true };
}

/** Returns the message for a removal whose replacement isn't associated. Undefined if it may begin. */
function firstWait(
  candidates: readonly MissingApplication[],
  { workspace, association: removed }: Finding,
  { snapshot, refusals }: ReplacementInputs,
): Finding['waitsFor'] {
  for (const { application, because, unredacted } of candidates) {
    const current = snapshot.associations.get(workspace.workspaceID)?.get(application.applicationID);
    const isMissing = current === undefined || current.state === 'REMOVED';
    const mayBegin =
      removed.state !== 'PENDING_UNINSTALL_DEPLOYMENT' && refusals.isRefusedBeside(workspace, application, removed);
    if (isMissing ? !mayBegin : current.state !== 'PENDING_INSTALL_DEPLOYMENT') {
      const what = isMissing
        ? "isn't associated yet"
        : isTransitioning(current)
          ? 'is being installed'
          : `isn't installed (${current.state ?? 'no state'})`;
      const messageFor = (reason: string) =>
        `${nameOf(application)}, which is ${reason}, ${what}; the operator removes the application together with its installation or after it`;
      return {
        message: messageFor(because),
        unredacted: unredacted === undefined ? undefined : messageFor(unredacted),
      };
    }
  }
  return undefined;
}

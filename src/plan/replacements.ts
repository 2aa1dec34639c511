import { compareBy } from '../compare.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { isTransitioning, isUninstall } from '../fleet/states.ts';
import { applicationIn } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { incompatibilityOf, nameOf } from './compatibility.ts';
import { type MissingApplication, missingApplications } from './missingApplications.ts';
import { nextStep } from './nextStep.ts';
import { canCompleteAlone, type Finding, type Incompatibility, isPending, isRevert, type Replacement } from './plan.ts';
import { replacedElsewhere } from './replacedElsewhere.ts';
import { explainedAs, type ReplacementInputs, replacing } from './replacing.ts';

/** States of an application that a removal takes from the user. */
const INSTALLED_STATES: ReadonlySet<string> = new Set(['COMPLETED', 'PENDING_UNINSTALL_DEPLOYMENT', 'ERROR']);

/** Whether an association shows that the application is installed, or may be. */
function mayBeInstalled({ state = '' }: Pick<Association, 'state'>): boolean {
  return INSTALLED_STATES.has(state);
}

/**
 * Returns a function that finds the replacements among the findings of a WorkSpace: a removal and the installation of a missing application
 * are one change, unless their product families are known to differ. If a removal has installations of its own family, only these replace it.
 */
export function replacementsFor(inputs: ReplacementInputs) {
  const { policy } = inputs;
  return (workspace: Workspace, findings: readonly Finding[]): readonly Finding[] => {
    const removals = findings.filter((finding) => isRemoval(finding, policy));
    const installations = findings.filter(isInstallation);
    if (removals.length + installations.length === 0) {
      return findings;
    }
    const staying = stayingOn(workspace, removals, inputs);
    const incompatible = new Map(
      installations.flatMap((finding) => {
        const found = incompatibilityFor(finding, staying, inputs);
        return found === undefined ? [] : [[finding, found] as const];
      }),
    );
    const groups = groupsOf(removals, installations);
    const changed = new Map<Finding, Finding>(
      [...incompatible].map(([one, found]) => [one, { ...one, incompatible: found }]),
    );
    for (const group of groups) {
      const members = [...group.removals, ...group.installations];
      const found = group.installations.map((one) => incompatible.get(one)).find((one) => one !== undefined);
      const replacement = inputs.shared(replacementOf(group, members.every(canCompleteAlone)));
      for (const member of members) {
        const part = {
          ...member,
          ...explainedAs(member, replacement),
          replacement,
          incompatible: incompatible.get(member) ?? found,
        };
        changed.set(member, found === undefined ? part : reverted(part, found, inputs));
      }
    }
    const grouped = new Set(groups.flatMap((group) => group.removals));
    const missing = removals.length === 0 ? [] : missingApplications(workspace, inputs);
    for (const removal of removals) {
      const waitsFor = uncertainReplacement(removal, missing);
      if (waitsFor !== undefined) {
        changed.set(removal, { ...(changed.get(removal) ?? removal), waitsFor });
        continue;
      }
      const part = grouped.has(removal) ? undefined : replacedElsewhere(removal, missing, staying, inputs);
      if (part !== undefined) {
        changed.set(removal, part.incompatible === undefined ? part : reverted(part, part.incompatible, inputs));
      }
    }
    return changed.size === 0 ? findings : findings.map((finding) => changed.get(finding) ?? finding);
  };
}

/** Returns the message for a removal if nobody knows whether the operator can install what may replace the application. */
function uncertainReplacement(removal: Finding, missing: readonly MissingApplication[]): Finding['waitsFor'] {
  const found = replacing(removal, missing).find(({ uncertain }) => uncertain !== undefined);
  if (found?.uncertain === undefined) {
    return undefined;
  }
  const { uncertain, because, unredacted } = found;
  return {
    message: `${uncertain} (${because})`,
    unredacted: unredacted === undefined ? undefined : `${uncertain} (${unredacted})`,
  };
}

/** Whether a finding takes an installed application. With Sequential, the replacement lasts until the removal is complete. */
function isRemoval(finding: Finding, { replacements }: Policy): boolean {
  const { desired, association, step } = finding;
  const isInProgress = replacements === 'Sequential' && isTransitioning(association) && isUninstall(association);
  return (
    desired === 'Absent' &&
    isPending(finding) &&
    !isRevert(finding) &&
    step?.kind !== 'NeedsIntervention' &&
    (mayBeInstalled(association) || isInProgress)
  );
}

/** Whether a finding installs a missing application. An application whose removal isn't deployed isn't missing. */
function isInstallation(finding: Finding): boolean {
  const { desired, association } = finding;
  return desired === 'Present' && isPending(finding) && !isRevert(finding) && !isUninstall(association);
}

interface Group {
  readonly removals: readonly Finding[];
  readonly installations: readonly Finding[];
}

/** Returns the replacements. Removals with a common installation belong to one. */
function groupsOf(removals: readonly Finding[], installations: readonly Finding[]): Group[] {
  let groups: Group[] = [];
  for (const removal of removals) {
    const own = replacing(removal, installations);
    if (own.length > 0) {
      const joined = groups.filter((group) => group.installations.some((one) => own.includes(one)));
      const parts = [...joined, { removals: [removal], installations: own }];
      groups = [
        ...groups.filter((group) => !joined.includes(group)),
        {
          removals: parts.flatMap((part) => part.removals),
          installations: [...new Set(parts.flatMap((part) => part.installations))],
        },
      ];
    }
  }
  return groups;
}

function replacementOf({ removals, installations }: Group, canComplete: boolean): Replacement {
  return { removed: applicationsOf(removals), installed: applicationsOf(installations), isOwn: true, canComplete };
}

function applicationsOf(findings: readonly Finding[]): readonly Application[] {
  return findings.map(({ application }) => application).sort(compareBy(({ applicationID }) => applicationID));
}

/**
 * Returns the applications that stay on a WorkSpace, sorted by ID. An application that the policies remove doesn't, even if its removal
 * waits.
 */
function stayingOn(
  workspace: Workspace,
  removals: readonly Finding[],
  { effective, snapshot }: ReplacementInputs,
): readonly Application[] {
  const leaving = new Set(removals.map(({ association }) => association.applicationID));
  const associated = [...(snapshot.associations.get(workspace.workspaceID)?.values() ?? [])];
  return associated
    .filter((one) => one.state !== 'REMOVED' && !isUninstall(one) && !leaving.has(one.applicationID))
    .map(({ applicationID }) => applicationIn(snapshot, applicationID))
    .filter((application) => !effective.removes(workspace, application))
    .sort(compareBy(({ applicationID }) => applicationID));
}

/** Returns why the application of a finding can't be installed: AWS's own data and rules predict it, or AWS rejected it. */
function incompatibilityFor(
  { application, workspace, association, step }: Finding,
  staying: readonly Application[],
  { policy, refusals }: ReplacementInputs,
): Incompatibility | undefined {
  if (step?.kind !== 'Associate') {
    return undefined;
  }
  const others = staying.filter(({ applicationID }) => applicationID !== application.applicationID);
  const predicted = incompatibilityOf(application, workspace, others);
  return predicted === undefined
    ? refusals.ownRefusal(policy, { workspace, association, application })
    : { message: predicted, isPredicted: true };
}

/** Returns a removal that the operator began and reverts, because its replacement can't be installed. Other findings stay the same. */
function reverted(finding: Finding, { message }: Incompatibility, { policy, started }: ReplacementInputs): Finding {
  const { association, desired } = finding;
  const isBegun = association.state === 'PENDING_UNINSTALL_DEPLOYMENT' && started.isStartedBy(policy, association);
  return desired !== 'Absent' || !isBegun
    ? finding
    : {
        ...finding,
        unrequested: 'Started',
        desired: 'Present',
        because: `the operator disassociated ${nameOf(finding.application)}, and its replacement can't be installed (${message}); the operator reverts it`,
        unredacted: undefined,
        step: nextStep('Present', association, undefined),
        failed: undefined,
        isIrreversible: false,
        replacement: undefined,
        incompatible: undefined,
      };
}

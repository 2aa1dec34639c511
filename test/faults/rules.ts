import { type FleetSpec, isInvalid, type PolicySpec } from './manifests.ts';
import { hasLabels, names, type SomeApplication, type SomeWorkspace, selects } from './selection.ts';

/** What somebody knows of the rules at a moment. */
export interface Rules {
  readonly policies: readonly { readonly key: string; readonly spec: PolicySpec }[];
  /** What policies that have ended, or say so no more, go on protecting from others for five minutes. */
  readonly ended: readonly { readonly key: string; readonly spec: PolicySpec }[];
  readonly fleet: FleetSpec | undefined;
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What AWS says whose WorkSpaces these are. */
  readonly accountID: string;
  /** Every application that there is. */
  readonly applications: readonly SomeApplication[];
}

/** Whether a policy asks for an application to be taken from a WorkSpace, or put onto it, and nothing that any policy says forbids it. */
export function asksFor(
  goal: 'Remove' | 'Install',
  policy: { readonly key: string; readonly spec: PolicySpec },
  rules: Rules,
  workspace: SomeWorkspace,
  application: SomeApplication,
): boolean {
  const { spec } = policy;
  const { fleet } = rules;
  if (
    fleetOf(spec) !== FLEET ||
    !isActing(spec) ||
    isInvalid(spec) ||
    !isAdmitted(rules) ||
    fleet === undefined ||
    fleet.suspend === true
  ) {
    return false;
  }
  if (!isWithin(fleet, workspace) || !selects(spec, workspace, rules.now) || 'wsap.dev/protect' in workspace.tags) {
    return false;
  }
  if ((fleet.expectedAccountID ?? rules.accountID) !== rules.accountID || isAmbiguous(spec, rules)) {
    return false;
  }
  if (fleet.exceptions === 'Forbid' && (spec.exceptions ?? []).length > 0) {
    return false;
  }
  if (goal === 'Remove' && application.state === 'UNINSTALL_ONLY' && spec.safeguards?.allowUninstallOnly !== true) {
    return false;
  }
  const keeps = ({ applications: { required = [], allowed = [] } }: PolicySpec) =>
    [...required, ...allowed].some((entry) => names(entry, application));
  const voters = [...rules.policies, ...rules.ended.filter(({ key }) => key !== policy.key)]
    .map((one) => one.spec)
    .filter((one) => fleetOf(one) === fleetOf(spec) && isActing(one) && selects(one, workspace, rules.now))
    // A policy that the fleet refuses asks for nothing.
    .filter((one) => fleet.exceptions !== 'Forbid' || (one.exceptions ?? []).length === 0 || keeps(one));
  const isExcepted = (one: PolicySpec) =>
    fleet.exceptions !== 'Forbid' && !isInvalid(one) && excepts(one, workspace, application, rules.now);
  if (voters.some(isExcepted)) {
    return false;
  }
  const denies = (one: PolicySpec) =>
    !isInvalid(one) && (one.applications.denied ?? []).some((entry) => names(entry, application));
  const listing = voters.filter((one) => keeps(one) || denies(one));
  const highest = Math.max(...listing.map(({ priority = 0 }) => priority));
  const deciding = listing.filter(({ priority = 0 }) => priority === highest);
  if (goal === 'Install') {
    const requires = ({ applications: { required = [] } }: PolicySpec) =>
      required.some((entry) => names(entry, application));
    // The highest priority decides by the letter: what it only allows isn't installed, whoever else requires it.
    return requires(spec) && deciding.some(requires) && !deciding.some(denies);
  }
  if (listing.length === 0) {
    return spec.applications.unlisted === 'Disassociate';
  }
  return denies(spec) && !deciding.some(keeps);
}

/** The only fleet of the simulation. */
const FLEET = 'emea';

function fleetOf({ fleetRef }: PolicySpec): string {
  return fleetRef?.name ?? 'default';
}

export function isActing({ enforcement, suspend }: PolicySpec): boolean {
  return suspend !== true && (enforcement === 'Enforce' || enforcement === 'Approve');
}

/** Whether nobody can tell which application a policy requires. */
function isAmbiguous({ applications: { required = [] } }: PolicySpec, { applications }: Rules): boolean {
  return required.some((entry) => applications.filter((application) => names(entry, application)).length > 1);
}

/** Whether a fleet admits the namespace of the policies. */
export function isAdmitted({ fleet, namespaceLabels }: Pick<Rules, 'fleet' | 'namespaceLabels'>): boolean {
  const { from, selector } = fleet?.allowedNamespaces ?? { from: 'All' };
  return from === 'All' || (namespaceLabels !== undefined && hasLabels(selector ?? {}, namespaceLabels));
}

export function isWithin({ directoryIDs = [] }: FleetSpec, { directoryID }: SomeWorkspace): boolean {
  return directoryIDs.length === 0 || directoryIDs.includes(directoryID);
}

function excepts(
  { exceptions = [] }: PolicySpec,
  workspace: SomeWorkspace,
  application: SomeApplication,
  now: number,
): boolean {
  return exceptions.some(
    ({ workspaceIDs, application: entry, expiresAt }) =>
      workspaceIDs.includes(workspace.workspaceID) &&
      names(entry, application) &&
      (expiresAt === undefined || Date.parse(expiresAt) > now),
  );
}

/** A count, or a share that rounds down and is at least 1. */
export function countOf(share: number | string, total: number): number {
  return typeof share === 'number' ? share : Math.max(1, Math.floor((total * Number.parseInt(share, 10)) / 100));
}

/** The only change that the design's table calls for in a state; undefined: none. */
export function changeFor(goal: 'Remove' | 'Install', state: string | undefined): readonly string[] {
  const table: Readonly<Record<string, readonly string[]>> =
    goal === 'Remove'
      ? {
          COMPLETED: ['DisassociateWorkspaceApplication'],
          PENDING_INSTALL_DEPLOYMENT: ['DisassociateWorkspaceApplication'],
          PENDING_UNINSTALL_DEPLOYMENT: ['DeployWorkspaceApplications'],
          ERROR: ['DisassociateWorkspaceApplication', 'DeployWorkspaceApplications'],
        }
      : {
          NONE: ['AssociateWorkspaceApplication'],
          REMOVED: ['AssociateWorkspaceApplication'],
          PENDING_UNINSTALL_DEPLOYMENT: ['AssociateWorkspaceApplication'],
          PENDING_INSTALL_DEPLOYMENT: ['DeployWorkspaceApplications'],
          ERROR: ['AssociateWorkspaceApplication', 'DeployWorkspaceApplications'],
        };
  return table[state ?? 'NONE'] ?? [];
}

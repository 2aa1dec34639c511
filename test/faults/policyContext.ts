import { type FleetSpec, isInvalid, type PolicySpec } from './manifests.ts';
import { type ApplicationFacts, hasLabels, names, selects, type WorkspaceFacts } from './selection.ts';

/** Policies, protections, and fleet that decide about a change, as one party knows them at one time. */
export interface PolicyContext {
  readonly policies: readonly { readonly key: string; readonly spec: PolicySpec }[];
  /** Policies that have ended or have been narrowed, and that protect their applications for five more minutes. */
  readonly ended: readonly { readonly key: string; readonly spec: PolicySpec }[];
  readonly fleet: FleetSpec | undefined;
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** AWS account that the WorkSpaces belong to. */
  readonly accountID: string;
  /** Every application of the account. */
  readonly applications: readonly ApplicationFacts[];
}

/** What a policy requests for an application on a WorkSpace. */
export type Goal = 'Remove' | 'Install';

/** Whether a policy requests a change. Undecided if this depends on a member that AWS does not report. */
export type Judgment = 'Requested' | 'Undecided' | 'NotRequested';

/**
 * Whether a policy requests that an application is removed from or installed on a WorkSpace, and no policy,
 * exception, tag, or fleet forbids it.
 */
export function requestsChange(...of: Parameters<typeof judge>): boolean {
  return judge(...of) === 'Requested';
}

/**
 * Judges a change by whether a policy requests it, and no policy, exception, tag, or fleet forbids it. A policy
 * that may or may not select the WorkSpace must not matter.
 */
export function judge(
  goal: Goal,
  policy: { readonly key: string; readonly spec: PolicySpec },
  context: PolicyContext,
  workspace: WorkspaceFacts,
  application: ApplicationFacts,
): Judgment {
  const { spec } = policy;
  const { fleet, now } = context;
  if (!mayChange(policy, context, workspace) || selects(spec, workspace, now) === false) {
    return 'NotRequested';
  }
  if (goal === 'Remove' && application.state === 'UNINSTALL_ONLY' && spec.safeguards?.allowUninstallOnly !== true) {
    return 'NotRequested';
  }
  const acting = [...context.policies, ...context.ended.filter(({ key }) => key !== policy.key)]
    .map((one) => one.spec)
    .filter((one) => fleetOf(one) === fleetOf(spec) && isActing(one))
    // A policy that the fleet rejects requests nothing.
    .filter(
      (one) => fleet?.exceptions !== 'Forbid' || (one.exceptions ?? []).length === 0 || permits(one, application),
    );
  const selecting = acting.filter((one) => selects(one, workspace, now) === true);
  const undecided = acting.filter((one) => selects(one, workspace, now) === undefined);
  const outcomes = subsetsOf(undecided).map((some) =>
    isOutcome(goal, spec, [...selecting, ...some], fleet, workspace, application, now),
  );
  if (!outcomes.includes(true)) {
    return 'NotRequested';
  }
  return selects(spec, workspace, now) === undefined || outcomes.includes(false) ? 'Undecided' : 'Requested';
}

/**
 * Whether any policy asks for a goal, even one that changes nothing in its mode, or one that may or may not select
 * the WorkSpace. Nobody knows what an invalid policy asks for. Policies that contradict each other still ask.
 */
export function isAskedFor(
  goal: Goal,
  policies: readonly { readonly key: string; readonly spec: PolicySpec }[],
  context: PolicyContext,
  workspace: WorkspaceFacts,
  application: ApplicationFacts,
): boolean {
  if (isConflict(context, workspace, application)) {
    return true;
  }
  return policies.some(({ key, spec }) => {
    const policy = { key, spec: withoutHold({ ...spec, suspend: false, enforcement: 'Enforce' }) };
    const others = context.policies.filter((one) => one.key !== key);
    const asIfEnforced = { ...context, policies: [...others, policy] };
    return isInvalid(spec) || judge(goal, policy, asIfEnforced, workspace, application) !== 'NotRequested';
  });
}

/** Whether a policy that acts asks for a goal or may ask for it, even if it holds the change. */
export function mayAskFor(
  goal: Goal,
  policies: PolicyContext['policies'],
  context: PolicyContext,
  workspace: WorkspaceFacts,
  application: ApplicationFacts,
): boolean {
  return policies.some(
    ({ key, spec }) =>
      judge(goal, { key, spec: withoutHold(spec) }, context, workspace, application) !== 'NotRequested',
  );
}

/** Returns a policy that doesn't hold the removal of applications that AWS no longer offers. It requests the removal either way. */
function withoutHold(spec: PolicySpec): PolicySpec {
  return { ...spec, safeguards: { ...spec.safeguards, allowUninstallOnly: true } };
}

/** Whether policies that select a WorkSpace contradict each other about an application. */
export function isConflict(
  { policies, ended, now }: PolicyContext,
  workspace: WorkspaceFacts,
  application: ApplicationFacts,
): boolean {
  const mentioning = [...policies, ...ended]
    .map(({ spec }) => spec)
    .filter((one) => isActing(one) && selects(one, workspace, now) !== false)
    .filter((one) => permits(one, application) || denies(one, application));
  const highest = Math.max(...mentioning.map(({ priority = 0 }) => priority));
  const deciding = mentioning.filter(({ priority = 0 }) => priority === highest);
  return deciding.some((one) => permits(one, application)) && deciding.some((one) => denies(one, application));
}

/**
 * Whether a policy that may or may not select a WorkSpace lists or excepts an application. The operator may then leave it
 * alone, even if this policy can't change the outcome.
 */
export function isListedByUndecided(
  { policies, now }: PolicyContext,
  workspace: WorkspaceFacts,
  application: ApplicationFacts,
): boolean {
  return policies.some(
    ({ spec }) =>
      selects(spec, workspace, now) === undefined &&
      (permits(spec, application) ||
        denies(spec, application) ||
        (spec.exceptions ?? []).some((exception) => names(exception.application, application))),
  );
}

/** Whether a policy may change a WorkSpace, regardless of whether it selects it. */
export function mayChange(
  { spec }: { readonly spec: PolicySpec },
  context: PolicyContext,
  workspace: WorkspaceFacts,
): boolean {
  const { fleet } = context;
  return (
    fleetOf(spec) === FLEET &&
    isActing(spec) &&
    !isInvalid(spec) &&
    isAdmitted(context) &&
    fleet !== undefined &&
    fleet.suspend !== true &&
    isWithin(fleet, workspace) &&
    !('wsap.dev/protect' in workspace.tags) &&
    (fleet.expectedAccountID ?? context.accountID) === context.accountID &&
    !isAmbiguous(spec, context) &&
    !(fleet.exceptions === 'Forbid' && (spec.exceptions ?? []).length > 0)
  );
}

/** Whether the policies that apply to a WorkSpace together have the goal that one of them requests. */
function isOutcome(
  goal: Goal,
  spec: PolicySpec,
  applicable: readonly PolicySpec[],
  fleet: FleetSpec | undefined,
  workspace: WorkspaceFacts,
  application: ApplicationFacts,
  now: number,
): boolean {
  const isExcepted = (one: PolicySpec) =>
    fleet?.exceptions !== 'Forbid' && !isInvalid(one) && excepts(one, workspace, application, now);
  if (applicable.some(isExcepted)) {
    return false;
  }
  const mentioning = applicable.filter((one) => permits(one, application) || denies(one, application));
  const highest = Math.max(...mentioning.map(({ priority = 0 }) => priority));
  const deciding = mentioning.filter(({ priority = 0 }) => priority === highest);
  if (goal === 'Install') {
    const requires = ({ applications: { required = [] } }: PolicySpec) =>
      required.some((entry) => names(entry, application));
    // The highest priority decides strictly: if it only allows an application, the application isn't installed,
    // even if another policy requires it.
    return requires(spec) && deciding.some(requires) && !deciding.some((one) => denies(one, application));
  }
  if (mentioning.length === 0) {
    return spec.applications.unlisted === 'Disassociate';
  }
  return denies(spec, application) && !deciding.some((one) => permits(one, application));
}

function permits(
  { applications: { required = [], allowed = [] } }: PolicySpec,
  application: ApplicationFacts,
): boolean {
  return [...required, ...allowed].some((entry) => names(entry, application));
}

function denies(spec: PolicySpec, application: ApplicationFacts): boolean {
  return !isInvalid(spec) && (spec.applications.denied ?? []).some((entry) => names(entry, application));
}

function subsetsOf<T>(items: readonly T[]): T[][] {
  const [first, ...others] = items;
  if (first === undefined) {
    return [[]];
  }
  return subsetsOf(others).flatMap((subset) => [subset, [first, ...subset]]);
}

/** Only fleet of the simulation. */
const FLEET = 'emea';

function fleetOf({ fleetRef }: PolicySpec): string {
  return fleetRef?.name ?? 'default';
}

function isActing({ enforcement, suspend }: PolicySpec): boolean {
  return suspend !== true && (enforcement === 'Enforce' || enforcement === 'Approve');
}

/** Whether an entry of a policy's required applications matches several applications. */
function isAmbiguous({ applications: { required = [] } }: PolicySpec, { applications }: PolicyContext): boolean {
  return required.some((entry) => applications.filter((application) => names(entry, application)).length > 1);
}

/** Whether the fleet admits the namespace of the policies. */
export function isAdmitted({ fleet, namespaceLabels }: Pick<PolicyContext, 'fleet' | 'namespaceLabels'>): boolean {
  const { from, selector } = fleet?.allowedNamespaces ?? { from: 'All' };
  return from === 'All' || (namespaceLabels !== undefined && hasLabels(selector ?? {}, namespaceLabels));
}

export function isWithin({ directoryIDs = [] }: FleetSpec, { directoryID }: WorkspaceFacts): boolean {
  return directoryIDs.length === 0 || (directoryID !== undefined && directoryIDs.includes(directoryID));
}

function excepts(
  { exceptions = [] }: PolicySpec,
  workspace: WorkspaceFacts,
  application: ApplicationFacts,
  now: number,
): boolean {
  return exceptions.some(
    ({ workspaceIDs, application: entry, expiresAt }) =>
      workspaceIDs.includes(workspace.workspaceID) &&
      names(entry, application) &&
      (expiresAt === undefined || Date.parse(expiresAt) > now),
  );
}

/** Resolves a count or a percentage. Percentages round down and are at least 1. */
export function resolveIntOrPercent(share: number | string, total: number): number {
  return typeof share === 'number' ? share : Math.max(1, Math.floor((total * Number.parseInt(share, 10)) / 100));
}

/**
 * Returns the operations that are valid in a state of an association (docs/explanation/semantics.md). Empty if
 * none is.
 */
export function nextOperations(goal: Goal, state: string | undefined): readonly string[] {
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

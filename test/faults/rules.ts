/** A policy's manifest, as its author wrote it: the parts that decide what is changed. */
export interface PolicySpec {
  readonly fleetRef?: { readonly name: string };
  readonly enforcement?: string;
  readonly suspend?: boolean;
  readonly priority?: number;
  readonly interval?: string;
  readonly workspaceSelector: {
    readonly all?: boolean;
    readonly workspaceIds?: readonly string[];
    readonly directoryIds?: readonly string[];
    readonly bundleIds?: readonly string[];
    readonly userNames?: readonly string[];
    readonly tags?: { readonly matchTags: Readonly<Record<string, string>> };
    readonly exclude?: { readonly workspaceIds?: readonly string[] };
  };
  readonly applications: {
    readonly required?: readonly Entry[];
    readonly allowed?: readonly Entry[];
    readonly denied?: readonly Entry[];
    readonly unlisted?: string;
  };
  readonly exceptions?: readonly {
    readonly workspaceIds: readonly string[];
    readonly application: Entry;
    readonly reason: string;
    readonly expiresAt?: string;
  }[];
  readonly rollout?: {
    readonly maintenanceWindows?: readonly { readonly cron: string; readonly duration: string }[];
    readonly deploy?: string;
    readonly userSessions?: string;
    readonly maxInProgress?: number | string;
  };
  readonly safeguards?: {
    readonly maxAffectedWorkspaces?: number | string;
    readonly allowUninstallOnly?: boolean;
    readonly othersPendingChanges?: string;
  };
  readonly retry?: object;
}
export interface Entry {
  readonly id?: string;
  readonly name?: string;
}

/** A WorkspaceFleet's manifest. */
export interface FleetSpec {
  readonly region: string;
  readonly directoryIds?: readonly string[];
  readonly allowedNamespaces?: {
    readonly from: string;
    readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
  };
  readonly exceptions?: string;
  readonly freeze?: boolean;
  readonly maxDisassociationsPerHour?: number;
  readonly rateLimit?: object;
}

export interface SomeWorkspace {
  readonly workspaceId: string;
  readonly directoryId: string;
  readonly bundleId: string;
  readonly userName: string;
  readonly tags: Readonly<Record<string, string>>;
}
export interface SomeApplication {
  readonly applicationId: string;
  readonly name: string;
  readonly state?: string | undefined;
}

/** What somebody knows of the rules at a moment. */
export interface Rules {
  readonly policies: readonly { readonly key: string; readonly spec: PolicySpec }[];
  /** What policies that have ended, or say so no more, go on protecting from others for five minutes. */
  readonly ended: readonly { readonly key: string; readonly spec: PolicySpec }[];
  readonly fleet: FleetSpec | undefined;
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** An interval that every edit uses which is to be refused. */
export const INVALID_INTERVAL = '1s';

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
  if (!isActing(spec) || isInvalid(spec) || !isAdmitted(rules) || fleet === undefined || fleet.freeze === true) {
    return false;
  }
  if (!isWithin(fleet, workspace) || !selects(spec, workspace) || 'wsap.dev/protect' in workspace.tags) {
    return false;
  }
  if (fleet.exceptions === 'Forbid' && (spec.exceptions ?? []).length > 0) {
    return false;
  }
  if (goal === 'Remove' && application.state === 'UNINSTALL_ONLY' && spec.safeguards?.allowUninstallOnly !== true) {
    return false;
  }
  const voters = [...rules.policies, ...rules.ended.filter(({ key }) => key !== policy.key)]
    .map((one) => one.spec)
    .filter((one) => isActing(one) && selects(one, workspace));
  const isExcepted = (one: PolicySpec) =>
    fleet.exceptions !== 'Forbid' && !isInvalid(one) && excepts(one, workspace, application, rules.now);
  if (voters.some(isExcepted)) {
    return false;
  }
  const keeps = ({ applications: { required = [], allowed = [] } }: PolicySpec) =>
    [...required, ...allowed].some((entry) => names(entry, application));
  const denies = (one: PolicySpec) =>
    !isInvalid(one) && (one.applications.denied ?? []).some((entry) => names(entry, application));
  const listing = voters.filter((one) => keeps(one) || denies(one));
  const highest = Math.max(...listing.map(({ priority = 0 }) => priority));
  const deciding = listing.filter(({ priority = 0 }) => priority === highest);
  if (goal === 'Install') {
    const requires = (spec.applications.required ?? []).some((entry) => names(entry, application));
    return requires && !deciding.some(denies);
  }
  if (listing.length === 0) {
    return spec.applications.unlisted === 'Disassociate';
  }
  return denies(spec) && !deciding.some(keeps);
}

export function isActing({ enforcement, suspend }: PolicySpec): boolean {
  return suspend !== true && (enforcement === 'Enforce' || enforcement === 'Approve');
}

export function isInvalid({ interval }: PolicySpec): boolean {
  return interval === INVALID_INTERVAL;
}

export function selects({ workspaceSelector }: PolicySpec, workspace: SomeWorkspace): boolean {
  const { workspaceIds, directoryIds, bundleIds, userNames, tags, exclude } = workspaceSelector;
  return (
    (workspaceIds?.includes(workspace.workspaceId) ?? true) &&
    (directoryIds?.includes(workspace.directoryId) ?? true) &&
    (bundleIds?.includes(workspace.bundleId) ?? true) &&
    (userNames?.some((name) => matches(name, workspace.userName)) ?? true) &&
    Object.entries(tags?.matchTags ?? {}).every(([key, value]) => workspace.tags[key] === value) &&
    !exclude?.workspaceIds?.includes(workspace.workspaceId)
  );
}

function isAdmitted({ fleet, namespaceLabels }: Rules): boolean {
  const { from, selector } = fleet?.allowedNamespaces ?? { from: 'All' };
  return (
    from === 'All' ||
    (namespaceLabels !== undefined &&
      Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => namespaceLabels[key] === value))
  );
}

export function isWithin({ directoryIds = [] }: FleetSpec, { directoryId }: SomeWorkspace): boolean {
  return directoryIds.length === 0 || directoryIds.includes(directoryId);
}

function excepts(
  { exceptions = [] }: PolicySpec,
  workspace: SomeWorkspace,
  application: SomeApplication,
  now: number,
): boolean {
  return exceptions.some(
    ({ workspaceIds, application: entry, expiresAt }) =>
      workspaceIds.includes(workspace.workspaceId) &&
      names(entry, application) &&
      (expiresAt === undefined || Date.parse(expiresAt) > now),
  );
}

function names({ id, name }: Entry, application: SomeApplication): boolean {
  return id === undefined ? matches(name ?? '', application.name) : id === application.applicationId;
}

function matches(glob: string, text: string): boolean {
  return glob.endsWith('*') ? text.startsWith(glob.slice(0, -1)) : glob === text;
}

/** Windows of the simulation open at every second hour, for an hour: `0 0-23/2 * * *` or `0 1-23/2 * * *`. */
export function isWindowOpen({ rollout }: PolicySpec, from: number, to: number): boolean {
  const windows = rollout?.maintenanceWindows ?? [];
  const opensAt = (time: number) =>
    windows.some(({ cron }) => Math.floor(time / 3_600_000) % 2 === (cron.startsWith('0 1-') ? 1 : 0));
  return windows.length === 0 || opensAt(from) || opensAt(to);
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

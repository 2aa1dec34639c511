import { compileGlob } from './glob.ts';
import { compileGlobs } from './globList.ts';
import type { ApplicationMatcher, Exception, Policy } from './policy.ts';

type Raw = Readonly<Record<string, unknown>>;

/**
 * Returns a policy with what an invalid resource still protects: its `required` and `allowed` lists and its exceptions, for every
 * WorkSpace that its selector may mean. The policy removes nothing, but an error in one field must not remove the protection by another
 * field. Returns undefined if the resource protects nothing, because it is suspended, an Audit policy, or has no readable entries.
 */
export function parseProtections(resource: unknown): Policy | undefined {
  const { metadata, spec } = recordOf(resource);
  const { namespace = 'default', name = '', uid = '', generation = 0 } = recordOf(metadata);
  const {
    fleetRef,
    enforcement,
    suspend,
    priority,
    workspaceSelector,
    applications,
    exceptions: exceptionEntries,
  } = recordOf(spec);
  const { required, allowed: allowedEntries } = recordOf(applications);
  const { name: fleetName } = recordOf(fleetRef);
  const allowed = [...listOf(required), ...listOf(allowedEntries)].flatMap(matcherIn);
  const exceptions = listOf(exceptionEntries).flatMap(exceptionIn);
  const isInactive = enforcement === 'Audit' || enforcement === undefined || suspend === true;
  if (isInactive || (allowed.length === 0 && exceptions.length === 0)) {
    return undefined;
  }
  const { workspaceIDs, directoryIDs, bundleIDs } = recordOf(workspaceSelector);
  const idsIn = (value: unknown) => (Array.isArray(value) ? new Set(value.map(String)) : undefined);
  const selector = {
    workspaceIDs: idsIn(workspaceIDs),
    directoryIDs: idsIn(directoryIDs),
    bundleIDs: idsIn(bundleIDs),
  };
  const all = Object.values(selector).every((ids) => ids === undefined);
  const noFilters = {
    userNames: undefined,
    tags: undefined,
    lastConnectedBefore: undefined,
    neverConnected: false,
    exclude: { workspaceIDs: new Set<string>(), userNames: compileGlobs([]), tags: undefined },
  };
  return {
    key: `${namespace}/${name}`,
    namespace: String(namespace),
    name: String(name),
    uid: String(uid),
    generation: Number(generation),
    fleetRef: typeof fleetName === 'string' ? fleetName : undefined,
    enforcement: 'Enforce',
    suspend: false,
    priority: typeof priority === 'number' ? priority : 0,
    interval: 0,
    workspaceSelector: { all, ...selector, ...noFilters },
    required: [],
    allowed,
    denied: [],
    unlisted: 'Keep',
    deploy: 'Manual',
    userSessions: 'Wait',
    removeBefore: undefined,
    replacements: 'Together',
    disconnectedFor: 0,
    maintenanceWindows: [],
    exceptions,
    maxInProgress: undefined,
    maxFailures: { percent: 100 },
    retry: { limit: 0, baseMs: 0, factor: 1, maxMs: 0 },
    maxAffectedWorkspaces: { count: 1 },
    allowUninstallOnly: false,
    unmanagedPendingChanges: 'Hold',
  };
}

function matcherIn(entry: unknown): ApplicationMatcher[] {
  const { id, name, owner } = recordOf(entry);
  if (typeof id === 'string') {
    return [{ id }];
  }
  return typeof name === 'string'
    ? [{ name, glob: compileGlob(name), owner: typeof owner === 'string' ? owner : undefined }]
    : [];
}

function exceptionIn(entry: unknown): Exception[] {
  const { workspaceIDs, application, reason, expiresAt } = recordOf(entry);
  const expiry = typeof expiresAt === 'string' ? new Date(expiresAt) : undefined;
  return matcherIn(application).map((matcher) => ({
    workspaceIDs: new Set(listOf(workspaceIDs).map(String)),
    application: matcher,
    reason: String(reason),
    expiresAt: Number.isNaN(expiry?.getTime()) ? undefined : expiry,
  }));
}

function recordOf(value: unknown): Raw {
  return typeof value === 'object' && value !== null ? (value as Raw) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

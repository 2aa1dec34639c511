import type { ApplicationMatcher, Exception, Policy } from './policy.ts';

type Raw = Readonly<Record<string, unknown>>;

/**
 * What a resource that isn't a valid policy still says to protect: its `required` and `allowed` lists and its exceptions, for all that its selector may
 * mean. It takes nothing away, but a mistake in one field must not strip what another field protects. Undefined where it protects
 * nothing: it is an Audit policy or suspended, or names nothing that can be read.
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
    exceptions: excepted,
  } = recordOf(spec);
  const { required, allowed: mayHave } = recordOf(applications);
  const { name: fleetName } = recordOf(fleetRef);
  const allowed = [...listOf(required), ...listOf(mayHave)].flatMap(matcherIn);
  const exceptions = listOf(excepted).flatMap(exceptionIn);
  const isSilent = enforcement === 'Audit' || enforcement === undefined || suspend === true;
  if (isSilent || (allowed.length === 0 && exceptions.length === 0)) {
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
  const none = {
    userNames: undefined,
    tags: undefined,
    lastConnectedBefore: undefined,
    neverConnected: false,
    exclude: { workspaceIDs: new Set<string>(), userNames: [], tags: undefined },
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
    workspaceSelector: { all, ...selector, ...none },
    required: [],
    allowed,
    denied: [],
    unlisted: 'Keep',
    deploy: 'Manual',
    userSessions: 'Wait',
    maintenanceWindows: [],
    exceptions,
    maxInProgress: undefined,
    retry: { limit: 0, first: 0, factor: 1, longest: 0 },
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
  return typeof name === 'string' ? [{ name, owner: typeof owner === 'string' ? owner : undefined }] : [];
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

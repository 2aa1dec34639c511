import type { Application, Workspace } from '../../src/fleet/model.ts';
import type { Given, Manifest } from './arbitraries.ts';

/** The fields of a manifest that affect removals. */
interface Asked {
  readonly enforcement: string;
  readonly suspend: boolean;
  readonly priority: number;
  readonly workspaceSelector: {
    readonly workspaceIDs?: readonly string[];
    readonly directoryIDs?: readonly string[];
    readonly exclude?: { readonly workspaceIDs: readonly string[] };
  };
  readonly applications: { readonly [list in 'required' | 'allowed' | 'denied']?: readonly Entry[] } & {
    readonly unlisted: string;
  };
  readonly exceptions?: readonly {
    readonly workspaceIDs: readonly string[];
    readonly application: Entry;
    readonly expiresAt?: string;
  }[];
  readonly safeguards: { readonly allowUninstallOnly: boolean };
}
interface Entry {
  readonly id?: string;
  readonly name?: string;
  readonly owner?: string;
}

/**
 * Whether a policy requests the removal of an application from a WorkSpace and no other policy prevents it. An independent, simple
 * implementation of the documented rules on manifests.
 */
export function asksToRemove(
  manifest: Manifest,
  given: Given,
  workspace: Workspace,
  application: Application,
  now: Date,
): boolean {
  const policy = askedBy(manifest);
  const acting = given.policies.map(askedBy).filter((one) => !one.suspend && one.enforcement !== 'Audit');
  const concerned = acting.filter((one) => selects(one, workspace));
  if (policy.suspend || policy.enforcement === 'Audit' || !selects(policy, workspace)) {
    return false;
  }
  if (workspace.tags?.has('wsap.dev/protect')) {
    return false;
  }
  if (application.state === 'UNINSTALL_ONLY' && !policy.safeguards.allowUninstallOnly) {
    return false;
  }
  if (concerned.some((one) => excepts(one, workspace, application, now))) {
    return false;
  }
  const listing = concerned.filter((one) => keeps(one, application) || denies(one, application));
  if (listing.length === 0) {
    return policy.applications.unlisted === 'Disassociate';
  }
  const highest = Math.max(...listing.map(({ priority }) => priority));
  const deciding = listing.filter(({ priority }) => priority === highest);
  return denies(policy, application) && !deciding.some((one) => keeps(one, application));
}

function askedBy({ spec }: Manifest): Asked {
  return spec as unknown as Asked;
}

function selects({ workspaceSelector: { workspaceIDs, directoryIDs, exclude } }: Asked, workspace: Workspace): boolean {
  const { workspaceID, directoryID = '', state } = workspace;
  return (
    state !== 'TERMINATING' &&
    (workspaceIDs?.includes(workspaceID) ?? true) &&
    (directoryIDs?.includes(directoryID) ?? true) &&
    !exclude?.workspaceIDs.includes(workspaceID)
  );
}

function excepts({ exceptions = [] }: Asked, { workspaceID }: Workspace, application: Application, now: Date): boolean {
  return exceptions.some(
    ({ workspaceIDs, application: entry, expiresAt }) =>
      workspaceIDs.includes(workspaceID) && names(entry, application) && (!expiresAt || new Date(expiresAt) > now),
  );
}

function keeps({ applications: { required = [], allowed = [] } }: Asked, application: Application): boolean {
  return [...required, ...allowed].some((entry) => names(entry, application));
}

function denies({ applications: { denied = [] } }: Asked, application: Application): boolean {
  return denied.some((entry) => names(entry, application));
}

function names({ id, name, owner }: Entry, application: Application): boolean {
  if (id !== undefined) {
    return id === application.applicationID;
  }
  const fits = name?.endsWith('*') ? application.name?.startsWith(name.slice(0, -1)) : name === application.name;
  return fits === true && (owner === undefined || owner === application.owner);
}

import { detailsFor, listsNaming, mentions, selects } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { WorkspaceQuery } from '../fleet/ports.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { Snapshot } from './snapshot.ts';

/** What has to be read before a policy can be judged. */
export interface ReadRequirements {
  /** The listings that hold every WorkSpace it may be about. */
  readonly workspaces: readonly WorkspaceQuery[];
  /** Whether those without any of the applications matter as much: something is required, or all that changes is counted. */
  readonly everyWorkspace: boolean;
  /** Whether a WorkSpace matters, as far as its listing tells. */
  readonly mightSelect: (workspace: Workspace) => boolean;
  /** Applications that are named by id: their associations are read even if AWS doesn't list them. */
  readonly applicationIDs: readonly string[];
  /** Whether the associations of a listed application are needed. */
  readonly needsAssociationsOf: (application: Application) => boolean;
  /** Whether it matters how far an application that is moving has got: the policy takes it away or installs it. */
  readonly polls: (application: Application) => boolean;
  /** The WorkSpaces whose tags and whose connection matter, given everything else. */
  readonly details: (known: Known) => { readonly tagsOf: readonly string[]; readonly connectionOf: readonly string[] };
}

type Known = Pick<Snapshot, 'workspaces' | 'applications' | 'associations'>;

/** All that there is to know of a fleet. */
export const EVERYTHING: ReadRequirements = {
  workspaces: [{ all: true }],
  everyWorkspace: true,
  mightSelect: () => true,
  applicationIDs: [],
  needsAssociationsOf: () => true,
  polls: () => false,
  details: ({ workspaces }) => ({ tagsOf: [...workspaces.keys()].sort(), connectionOf: [...workspaces.keys()].sort() }),
};

/**
 * What a policy rests on: the WorkSpaces it may select, the associations of every application it could have a say in, and whatever
 * tells if it or another policy with a say in that selects a WorkSpace.
 */
export function readRequirements(policy: Policy, policies: readonly Policy[], now: Date): ReadRequirements {
  const lists = [...policy.required, ...policy.allowed, ...policy.denied];
  const named = lists.flatMap((matcher) => ('id' in matcher ? [matcher.id] : []));
  return {
    workspaces: queriesFor(policy.workspaceSelector),
    everyWorkspace: policy.required.length > 0 || policy.maxInProgress !== undefined,
    mightSelect: (workspace) => mightSelect(policy, workspace, now),
    applicationIDs: [...new Set(named)].sort(),
    needsAssociationsOf: (application) => {
      const { required, allowed, denied } = listsNaming(policy, application);
      return policy.unlisted === 'Disassociate' || required || allowed || denied;
    },
    polls: (application) => {
      const { required, denied } = listsNaming(policy, application);
      const changes = policy.unlisted === 'Disassociate' || required || denied;
      return policy.enforcement !== 'Audit' && !policy.suspend && changes;
    },
    details: (known) => detailsIn(known, policy, policies, now),
  };
}

/** The listings that hold every WorkSpace a selector may be about. User names can only be listed one by one, so they narrow none. */
function queriesFor({ workspaceIDs, directoryIDs, bundleIDs }: WorkspaceSelector): WorkspaceQuery[] {
  if (workspaceIDs !== undefined) {
    return [{ workspaceIDs: [...workspaceIDs].sort() }];
  }
  if (directoryIDs !== undefined) {
    return [...directoryIDs].sort().map((directoryID) => ({ directoryID }));
  }
  return bundleIDs === undefined ? [{ all: true }] : [...bundleIDs].sort().map((bundleID) => ({ bundleID }));
}

/** Whether a policy selects a WorkSpace, whatever its tags and its connection are. */
function mightSelect({ workspaceSelector }: Policy, workspace: Workspace, now: Date): boolean {
  return selects(workspaceSelector, { ...workspace, tags: undefined, connection: undefined }, now) !== false;
}

function detailsIn(known: Known, policy: Policy, policies: readonly Policy[], now: Date) {
  const tagsOf: string[] = [];
  const connectionOf: string[] = [];
  const others = policies.filter(({ key, suspend, workspaceSelector: { tags, exclude, lastConnectedBefore } }) => {
    const asks = tags !== undefined || exclude.tags !== undefined || lastConnectedBefore !== undefined;
    return key !== policy.key && !suspend && asks;
  });
  const own = policy.workspaceSelector;
  for (const workspace of known.workspaces.values()) {
    const isCandidate = mightSelect(policy, workspace, now);
    const concerned =
      isCandidate && others.length > 0 ? others.filter((one) => concerns(one, policy, workspace, known)) : [];
    const selectors = isCandidate ? [own, ...concerned.map(({ workspaceSelector }) => workspaceSelector)] : [];
    const details = selectors.map((selector) => detailsFor(selector, workspace, now));
    if (details.some(({ tags }) => tags)) {
      tagsOf.push(workspace.workspaceID);
    }
    if (details.some(({ connection }) => connection)) {
      connectionOf.push(workspace.workspaceID);
    }
  }
  return { tagsOf: tagsOf.sort(), connectionOf: connectionOf.sort() };
}

/** Whether another policy, if it selects the WorkSpace, has a say in what this one would change there. */
function concerns(other: Policy, policy: Policy, { workspaceID }: Workspace, known: Known): boolean {
  const associated = [...(known.associations.get(workspaceID)?.keys() ?? [])];
  const atStake = associated
    .map((applicationID) => known.applications.get(applicationID) ?? { applicationID })
    .filter((application) => listsNaming(policy, application).denied || policy.unlisted === 'Disassociate');
  const required =
    policy.required.length === 0
      ? []
      : [...known.applications.values()].filter((application) => listsNaming(policy, application).required);
  return [...atStake, ...required].some((application) => mentions(other, application));
}

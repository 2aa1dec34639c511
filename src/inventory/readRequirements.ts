import type { AssociationID } from '../fleet/associationID.ts';
import { listsNaming, mentions, selects, usesConnections, usesTags, withoutDetails } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { WorkspaceQuery } from '../fleet/ports.ts';
import { isAwaitingDeployment, isUninstall } from '../fleet/states.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import { mapSliced, type Sliced } from '../slices.ts';
import { requiresAssociationsOf } from './jointDemand.ts';
import { applicationIn, type Snapshot } from './snapshot.ts';

/** Reads that are required before the operator can evaluate a policy. */
export interface ReadRequirements {
  /** Key of the policy. Undefined for a complete inventory. */
  readonly policyKey?: string | undefined;
  /** Listings that together contain all WorkSpaces that the policy might select. */
  readonly workspaces: readonly WorkspaceQuery[];
  /** Whether WorkSpaces without a matching application are required: the policy requires an application, or limits `maxInProgress`. */
  readonly everyWorkspace: boolean;
  /** Whether the policy might select a WorkSpace, based on the fields in a listing. */
  readonly mightSelect: (workspace: Workspace) => boolean;
  /** WorkSpaces that are required whether or not a listing contains them, because the operator started changes there. */
  readonly workspaceIDs: readonly string[];
  /** Applications that the policy names by ID, or whose changes the operator started. Their associations are read even if AWS doesn't list the applications. */
  readonly applicationIDs: readonly string[];
  /** Whether the associations of a listed application are required. */
  readonly needsAssociationsOf: (application: Application) => boolean;
  /** Whether associations of an application in transition are polled, because the policy removes or installs the application. */
  readonly polls: (application: Application) => boolean;
  /** Returns the WorkSpaces whose tags and connections are required, given the other reads. */
  readonly details: (known: Known) => Sliced<Details>;
}

type Known = Pick<Snapshot, 'workspaces' | 'applications' | 'associations'>;

/** IDs of the WorkSpaces whose tags or connections are required, sorted. */
interface Details {
  readonly tagsOf: readonly string[];
  readonly connectionOf: readonly string[];
}

/** Requires a complete inventory of a fleet. */
export const EVERYTHING: ReadRequirements = {
  workspaces: [{ all: true }],
  everyWorkspace: true,
  mightSelect: () => true,
  workspaceIDs: [],
  applicationIDs: [],
  needsAssociationsOf: () => true,
  polls: () => false,
  *details({ workspaces }) {
    const all = (yield* mapSliced(workspaces.keys(), (id) => id)).sort();
    return { tagsOf: all, connectionOf: all };
  },
};

/** Reads that are required to revert changes that no policy requests. */
interface StartedRequirements {
  /** Associations whose changes the operator started for the policy. */
  readonly ids: readonly AssociationID[];
  /** Policies that may request these changes. */
  readonly peers: readonly Policy[];
}

/**
 * Returns the reads that a policy requires: the WorkSpaces that it might select, the associations of all applications that it might
 * name, and the details that decide whether this policy, or another policy that names the same applications, selects a WorkSpace. Changes
 * that the operator started are read even if the policy doesn't select their WorkSpaces.
 */
export function readRequirements(
  policy: Policy,
  policies: readonly Policy[],
  now: Date,
  { ids, peers }: StartedRequirements = { ids: [], peers: [] },
): ReadRequirements {
  const startedOn = new Set(ids.map(({ workspaceID }) => workspaceID));
  const lists = [...policy.required, ...policy.allowed, ...policy.denied];
  const named = lists.flatMap((matcher) => ('id' in matcher ? [matcher.id] : []));
  return {
    policyKey: policy.key,
    workspaces: queriesFor(policy.workspaceSelector),
    everyWorkspace: policy.required.length > 0 || policy.maxInProgress !== undefined,
    mightSelect: (workspace) => startedOn.has(workspace.workspaceID) || mightSelect(policy, workspace, now),
    workspaceIDs: [...startedOn].sort(),
    applicationIDs: [...new Set([...named, ...ids.map(({ applicationID }) => applicationID)])].sort(),
    needsAssociationsOf: (application) => requiresAssociationsOf(policy, application),
    polls: (application) => {
      const { required, denied } = listsNaming(policy, application);
      const changes = policy.unlisted === 'Disassociate' || required || denied;
      return policy.enforcement !== 'Audit' && !policy.suspend && changes;
    },
    details: (known) => {
      const abandoned = ids.filter((id) => mayBeAbandoned(id, known, policy, policies, now));
      const abandonedOn = new Set(abandoned.map(({ workspaceID }) => workspaceID));
      return detailsIn(known, policy, policies, now, abandonedOn, peers);
    },
  };
}

/** Returns listings with all WorkSpaces that a selector might select. AWS lists WorkSpaces of only one user per call, so user names are ignored. */
function queriesFor({ workspaceIDs, directoryIDs, bundleIDs }: WorkspaceSelector): WorkspaceQuery[] {
  if (workspaceIDs !== undefined) {
    return [{ workspaceIDs: [...workspaceIDs].sort() }];
  }
  if (directoryIDs !== undefined) {
    return [...directoryIDs].sort().map((directoryID) => ({ directoryID }));
  }
  return bundleIDs === undefined ? [{ all: true }] : [...bundleIDs].sort().map((bundleID) => ({ bundleID }));
}

/** Whether a policy might select a WorkSpace, regardless of its tags and connection. */
function mightSelect({ workspaceSelector }: Policy, workspace: Workspace, now: Date): boolean {
  return selects(workspaceSelector, withoutDetails(workspace), now) !== false;
}

/**
 * Whether policies other than the given one may decide about a change that the operator started, so that the details of their selectors are
 * required. While only this policy applies to the application, they aren't.
 */
function mayBeAbandoned(
  { workspaceID, applicationID }: AssociationID,
  known: Known,
  policy: Policy,
  policies: readonly Policy[],
  now: Date,
): boolean {
  const workspace = known.workspaces.get(workspaceID);
  const association = known.associations.get(workspaceID)?.get(applicationID);
  if (workspace === undefined || association === undefined || !isAwaitingDeployment(association)) {
    return false;
  }
  const application = known.applications.get(applicationID) ?? { applicationID };
  const { required, denied } = listsNaming(policy, application);
  const isListed = isUninstall(association) ? denied || policy.unlisted === 'Disassociate' : required;
  const isExcepted = policy.exceptions.some(({ workspaceIDs }) => workspaceIDs.has(workspaceID));
  const applies = (other: Policy) => other.unlisted === 'Disassociate' || mentions(other, application);
  const hasOthers = policies.some((other) => other.key !== policy.key && applies(other));
  return !mightSelect(policy, workspace, now) || !isListed || isExcepted || hasOthers;
}

/** Policies whose selectors require a detail of a WorkSpace. */
interface Requiring {
  readonly tags: readonly Policy[];
  readonly connection: readonly Policy[];
}

function requiring(policies: readonly Policy[]): Requiring {
  return {
    tags: policies.filter(({ workspaceSelector }) => usesTags(workspaceSelector)),
    connection: policies.filter(({ workspaceSelector }) => usesConnections(workspaceSelector)),
  };
}

function* detailsIn(
  known: Known,
  policy: Policy,
  policies: readonly Policy[],
  now: Date,
  abandonedOn: ReadonlySet<string>,
  peers: readonly Policy[],
): Sliced<Details> {
  const tagsOf: string[] = [];
  const connectionOf: string[] = [];
  const own = requiring([policy]);
  const onAbandoned = requiring([policy, ...peers]);
  const othersFor = yield* othersAffecting(policy, policies, known);
  for (const workspace of known.workspaces.values()) {
    yield;
    const { workspaceID } = workspace;
    const listed = withoutDetails(workspace);
    const isUndecided = ({ workspaceSelector }: Policy) => selects(workspaceSelector, listed, now) === undefined;
    const isCandidate = selects(policy.workspaceSelector, listed, now) !== false;
    const candidates = abandonedOn.has(workspaceID)
      ? [onAbandoned]
      : isCandidate
        ? [own, ...othersFor(workspaceID)]
        : [];
    if (candidates.some(({ tags }) => tags.some(isUndecided))) {
      tagsOf.push(workspaceID);
    }
    if (candidates.some(({ connection }) => connection.some(isUndecided))) {
      connectionOf.push(workspaceID);
    }
  }
  return { tagsOf: tagsOf.sort(), connectionOf: connectionOf.sort() };
}

/**
 * Returns a function that returns the other policies which, if they select a WorkSpace, affect the changes of a policy there: those that
 * mention an application that the policy removes from it or installs on it.
 */
function* othersAffecting(
  policy: Policy,
  policies: readonly Policy[],
  known: Known,
): Sliced<(workspaceID: string) => readonly Requiring[]> {
  const others = policies.filter(
    ({ key, suspend, workspaceSelector }) =>
      key !== policy.key && !suspend && (usesTags(workspaceSelector) || usesConnections(workspaceSelector)),
  );
  if (others.length === 0) {
    return () => [];
  }
  const mentioning = (application: Application) => requiring(others.filter((other) => mentions(other, application)));
  const onEach: Requiring[] = [];
  for (const application of policy.required.length === 0 ? [] : known.applications.values()) {
    yield;
    if (listsNaming(policy, application).required) {
      onEach.push(mentioning(application));
    }
  }
  const byApplicationID = new Map<string, Requiring>();
  const onAssociated = (applicationID: string): Requiring => {
    const application = applicationIn(known, applicationID);
    const isRemovable = policy.unlisted === 'Disassociate' || listsNaming(policy, application).denied;
    const requiringOthers = byApplicationID.get(applicationID) ?? (isRemovable ? mentioning(application) : NOBODY);
    byApplicationID.set(applicationID, requiringOthers);
    return requiringOthers;
  };
  return (workspaceID) => [...onEach, ...[...(known.associations.get(workspaceID)?.keys() ?? [])].map(onAssociated)];
}

const NOBODY: Requiring = { tags: [], connection: [] };

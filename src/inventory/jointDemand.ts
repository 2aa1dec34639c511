import { listsNaming } from '../fleet/matching.ts';
import type { Application } from '../fleet/model.ts';
import { isLiteralList } from '../policy/globList.ts';
import type { Policy } from '../policy/policy.ts';
import type { Sliced } from '../slices.ts';

/** WorkSpaces that a policy certainly requires one by one, known without a listing. */
interface NamedWorkspaces {
  readonly workspaceIDs: ReadonlySet<string>;
  /** User names without wildcards. */
  readonly userNames: ReadonlySet<string>;
  /** Whether the policy may require any number of WorkSpaces. */
  readonly isBroad: boolean;
}

const NONE: ReadonlySet<string> = new Set();
const namedBy = new WeakMap<Policy, NamedWorkspaces>();

/** What the policies of a fleet that are due, or due soon, require together. */
export interface JointDemand {
  /** WorkSpaces that policies name by ID. */
  readonly workspaceIDs: readonly string[];
  /** Number of WorkSpaces that policies name by ID or by user, whose associations could be read one by one. */
  readonly named: number;
  /** Applications whose associations these policies require, without those that other policies list anyway. */
  readonly applicationIDs: readonly string[];
}

export const NO_DEMAND: JointDemand = { workspaceIDs: [], named: 0, applicationIDs: [] };

/**
 * Returns what policies require together. Counts WorkSpaces by the selectors alone, so that a fleet with many policies needs no evaluation
 * of each policy on each WorkSpace.
 */
export function* jointDemand(policies: readonly Policy[], applications: readonly Application[]): Sliced<JointDemand> {
  const workspaceIDs = new Set<string>();
  const userNames = new Set<string>();
  const needed = { broad: new Set<string>(), named: new Set<string>() };
  for (const policy of policies) {
    yield;
    const named = namedWorkspaces(policy);
    named.workspaceIDs.forEach((id) => void workspaceIDs.add(id));
    named.userNames.forEach((name) => void userNames.add(name));
    const ids = named.isBroad ? needed.broad : needed.named;
    for (const application of ids.size === applications.length ? [] : applications) {
      if (!ids.has(application.applicationID) && requiresAssociationsOf(policy, application)) {
        ids.add(application.applicationID);
      }
    }
  }
  return {
    workspaceIDs: [...workspaceIDs].sort(),
    named: workspaceIDs.size + userNames.size,
    applicationIDs: [...needed.named].filter((id) => !needed.broad.has(id)).sort(),
  };
}

/** Whether a policy requires the associations of an application. */
export function requiresAssociationsOf(policy: Policy, application: Application): boolean {
  const { required, allowed, denied } = listsNaming(policy, application);
  return policy.unlisted === 'Disassociate' || required || allowed || denied;
}

function namedWorkspaces(policy: Policy): NamedWorkspaces {
  const known = namedBy.get(policy);
  if (known !== undefined) {
    return known;
  }
  const { workspaceIDs, userNames } = policy.workspaceSelector;
  const literals = userNames !== undefined && isLiteralList(userNames) ? userNames.literals : undefined;
  const named = {
    workspaceIDs: workspaceIDs ?? NONE,
    userNames: (workspaceIDs === undefined && literals) || NONE,
    isBroad: workspaceIDs === undefined && literals === undefined,
  };
  namedBy.set(policy, named);
  return named;
}

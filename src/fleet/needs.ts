import type { Policy } from '../policy/policy.ts';
import { listsNaming } from './matching.ts';
import type { Application } from './model.ts';
import type { WorkspaceQuery } from './ports.ts';

/** What has to be read before a policy can be judged. */
export interface Needs {
  readonly workspaces: readonly WorkspaceQuery[];
  /** Applications that are named by id: their associations are read even if AWS doesn't list them. */
  readonly applicationIds: readonly string[];
  /** Whether the associations of a listed application are needed. */
  readonly needsAssociationsOf: (application: Application) => boolean;
  /** Whether it matters how far an application that is moving has got: the policy takes it away. */
  readonly follows: (application: Application) => boolean;
}

/** What a policy rests on: the WorkSpaces it may select, and the associations of every application it could have a say in. */
export function needsOf(policy: Policy): Needs {
  const { all, workspaceIds, directoryIds } = policy.workspaceSelector;
  const workspaces: WorkspaceQuery[] = all
    ? [{ all: true }]
    : workspaceIds !== undefined
      ? [{ workspaceIds: [...workspaceIds].sort() }]
      : [...(directoryIds ?? [])].sort().map((directoryId) => ({ directoryId }));
  const named = [...policy.allowed, ...policy.denied].flatMap((matcher) => ('id' in matcher ? [matcher.id] : []));
  return {
    workspaces,
    applicationIds: [...new Set(named)].sort(),
    needsAssociationsOf: (application) => {
      const { allowed, denied } = listsNaming(policy, application);
      return policy.unlisted === 'Disassociate' || allowed || denied;
    },
    follows: (application) =>
      policy.enforcement === 'Enforce' &&
      !policy.suspend &&
      (listsNaming(policy, application).denied || policy.unlisted === 'Disassociate'),
  };
}

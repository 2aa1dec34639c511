import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
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
  /** Whether it matters how far an application that is moving has got: the policy takes it away or installs it. */
  readonly follows: (application: Application) => boolean;
}

/** What a policy rests on: the WorkSpaces it may select, and the associations of every application it could have a say in. */
export function needsOf(policy: Policy): Needs {
  const lists = [...policy.required, ...policy.allowed, ...policy.denied];
  const named = lists.flatMap((matcher) => ('id' in matcher ? [matcher.id] : []));
  return {
    workspaces: queriesFor(policy.workspaceSelector),
    applicationIds: [...new Set(named)].sort(),
    needsAssociationsOf: (application) => {
      const { required, allowed, denied } = listsNaming(policy, application);
      return policy.unlisted === 'Disassociate' || required || allowed || denied;
    },
    follows: (application) => {
      const { required, denied } = listsNaming(policy, application);
      const changes = policy.unlisted === 'Disassociate' || required || denied;
      return policy.enforcement !== 'Audit' && !policy.suspend && changes;
    },
  };
}

/** The listings that hold every WorkSpace a selector may be about. User names can only be listed one by one, so they narrow none. */
function queriesFor({ workspaceIds, directoryIds, bundleIds }: WorkspaceSelector): WorkspaceQuery[] {
  if (workspaceIds !== undefined) {
    return [{ workspaceIds: [...workspaceIds].sort() }];
  }
  if (directoryIds !== undefined) {
    return [...directoryIds].sort().map((directoryId) => ({ directoryId }));
  }
  return bundleIds === undefined ? [{ all: true }] : [...bundleIds].sort().map((bundleId) => ({ bundleId }));
}

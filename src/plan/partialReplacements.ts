import type { Application, Association, Workspace } from '../fleet/model.ts';
import { applicationIn, type Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { EffectiveRequests } from './effectiveRequests.ts';
import { type MissingApplication, missingApplications } from './missingApplications.ts';
import { replacing } from './replacing.ts';

/**
 * Whether a pending removal would leave the user without an application that the policies require instead. With `by`, whether this is the
 * application that they require.
 */
export type IsPartial = (association: Association, workspace: Workspace, by?: Application) => boolean;

/**
 * Returns a function that decides whether a deployment of a pending removal would leave the user without both applications: the policies
 * remove one and require another instead, which isn't associated.
 *
 * @param policies all policies that can select WorkSpaces of `policy`, including itself
 */
export function partialReplacements(
  policy: Policy,
  policies: readonly Policy[],
  snapshot: Pick<Snapshot, 'applications' | 'associations' | 'gaps'>,
  now: Date,
): IsPartial {
  const effective = new EffectiveRequests(policy, policies, snapshot, now);
  const associationOf = ({ application }: MissingApplication, { workspaceID }: Workspace) =>
    snapshot.associations.get(workspaceID)?.get(application.applicationID);
  return (association, workspace, by) => {
    const application = applicationIn(snapshot, association.applicationID);
    if (association.state !== 'PENDING_UNINSTALL_DEPLOYMENT' || !effective.removes(workspace, application)) {
      return false;
    }
    const missing = missingApplications(workspace, { policy, effective, snapshot }).filter(
      (one) => (associationOf(one, workspace)?.state ?? 'REMOVED') === 'REMOVED',
    );
    const replacements = replacing({ application }, missing);
    return by === undefined ? replacements.length > 0 : replacements.some((one) => one.application === by);
  };
}

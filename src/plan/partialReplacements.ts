import type { Application, Association, Workspace } from '../fleet/model.ts';
import { applicationIn, type Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { EffectiveRequests } from './effectiveRequests.ts';
import { replacing } from './replacing.ts';
import { resolveApplications } from './resolution.ts';

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
  snapshot: Pick<Snapshot, 'applications' | 'associations'>,
  now: Date,
): IsPartial {
  const effective = new EffectiveRequests(policy, policies, snapshot, now);
  return (association, workspace, by) => {
    const application = applicationIn(snapshot, association.applicationID);
    if (association.state !== 'PENDING_UNINSTALL_DEPLOYMENT' || !effective.removes(workspace, application)) {
      return false;
    }
    const associated = snapshot.associations.get(workspace.workspaceID);
    const required = new Set([
      ...effective.requiredByOthers(),
      ...resolveApplications(policy, snapshot.applications).required,
    ]);
    const missing = [...required]
      .filter((one) => (associated?.get(one.applicationID)?.state ?? 'REMOVED') === 'REMOVED')
      .filter((one) => effective.evaluate(workspace, one)?.verdict === 'Required')
      .map((one) => ({ application: one }));
    const replacements = replacing({ application }, missing);
    return by === undefined ? replacements.length > 0 : replacements.some((one) => one.application === by);
  };
}

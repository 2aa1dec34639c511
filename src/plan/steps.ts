import type { Workspace } from '../fleet/model.ts';
import type { Policy } from '../policy/policy.ts';
import { type Change, isRevert, type Plan } from './plan.ts';

/** The changes of one WorkSpace. The operator changes its associations first; then one deployment carries out all changes. */
export interface WorkspaceSteps {
  readonly workspace: Workspace;
  /** Reverts, then disassociations, then associations, because a disassociation may be a precondition of an association. */
  readonly associations: readonly Change[];
  /** Changes to deploy. Empty if there is no deployment. A revert needs none. */
  readonly deploy: readonly Change[];
}

/** Returns the changes of a plan by WorkSpace. */
export function stepsOf(plan: Plan, { deploy }: Policy): WorkspaceSteps[] {
  const byWorkspace = Map.groupBy(plan.changes, ({ finding }) => finding.workspace.workspaceID);
  return [...byWorkspace.values()].flatMap((changes) => {
    const workspace = changes[0]?.finding.workspace;
    return workspace === undefined
      ? []
      : [
          {
            workspace,
            associations: [
              ...changes.filter(({ finding }) => isRevert(finding)),
              ...(['Disassociate', 'Associate'] as const).flatMap((type) =>
                changes.filter(({ action, finding }) => action === type && !isRevert(finding)),
              ),
            ],
            deploy: deploy === 'Automatic' ? changes.filter(({ finding }) => !isRevert(finding)) : [],
          },
        ];
  });
}

import type { Workspace } from '../fleet/model.ts';
import type { Policy } from '../policy/policy.ts';
import type { Change, Plan } from './plan.ts';

/** All that is to be done on one WorkSpace: first its associations are changed, then one deployment carries it all out. */
export interface WorkspaceSteps {
  readonly workspace: Workspace;
  /** What is disassociated, then what is associated: the one may make room for the other. */
  readonly associations: readonly Change[];
  /** The changes that the deployment is made for; empty if there is to be none. */
  readonly deploy: readonly Change[];
}

/** The calls that a plan comes to, WorkSpace by WorkSpace. */
export function stepsOf(plan: Plan, { deploy }: Policy): WorkspaceSteps[] {
  const byWorkspace = Map.groupBy(plan.changes, ({ finding }) => finding.workspace.workspaceID);
  return [...byWorkspace.values()].flatMap((changes) => {
    const workspace = changes[0]?.finding.workspace;
    return workspace === undefined
      ? []
      : [
          {
            workspace,
            associations: (['Disassociate', 'Associate'] as const).flatMap((one) =>
              changes.filter(({ action }) => action === one),
            ),
            deploy: deploy === 'Automatic' ? changes : [],
          },
        ];
  });
}

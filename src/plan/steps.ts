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

/** Returns the changes of a plan by WorkSpace, each when it is needed, because a run seldom makes all changes of a large plan. */
export function* stepsOf(plan: Plan, policy: Policy): Generator<WorkspaceSteps, void, undefined> {
  let changes: Change[] = [];
  for (const change of plan.changes) {
    const workspace = changes[0]?.finding.workspace;
    if (workspace !== undefined && workspace.workspaceID !== change.finding.workspace.workspaceID) {
      yield stepsOn(workspace, changes, policy);
      changes = [];
    }
    changes.push(change);
  }
  const workspace = changes[0]?.finding.workspace;
  if (workspace !== undefined) {
    yield stepsOn(workspace, changes, policy);
  }
}

function stepsOn(workspace: Workspace, changes: readonly Change[], { deploy }: Policy): WorkspaceSteps {
  return {
    workspace,
    associations: [
      ...changes.filter(({ finding }) => isRevert(finding)),
      ...(['Disassociate', 'Associate'] as const).flatMap((type) =>
        changes.filter(({ action, finding }) => action === type && !isRevert(finding)),
      ),
    ],
    deploy: deploy === 'Automatic' ? changes.filter(({ finding }) => !isRevert(finding)) : [],
  };
}

import type { Workspace } from '../fleet/model.ts';
import type { Policy } from '../policy/policy.ts';
import { type Change, isRevert, type Plan } from './plan.ts';

/** The changes of one WorkSpace. The operator changes its associations first; then one deployment carries out all changes. */
export interface WorkspaceSteps {
  readonly workspace: Workspace;
  /** In the order of `ORDER`. */
  readonly associations: readonly Change[];
  /** Changes to deploy. Empty if there is no deployment. A revert needs none. */
  readonly deploy: readonly Change[];
}

const isReplacing = ({ finding: { replacement } }: Change) => replacement?.isOwn === true;
const changes = (type: Change['action'], replaces: boolean) => (change: Change) =>
  change.action === type && !isRevert(change.finding) && isReplacing(change) === replaces;

/**
 * Order of the association changes of a WorkSpace. A disassociation may be a precondition of an association, so it comes first. In a
 * replacement, the association comes first, so that nothing is removed unless AWS accepts the new application.
 */
const ORDER: readonly ((change: Change) => boolean)[] = [
  ({ finding }) => isRevert(finding),
  changes('Disassociate', false),
  changes('Associate', true),
  changes('Disassociate', true),
  changes('Associate', false),
];

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
    associations: ORDER.flatMap((isNext) => changes.filter(isNext)),
    deploy: deploy === 'Automatic' ? changes.filter(({ finding }) => !isRevert(finding)) : [],
  };
}

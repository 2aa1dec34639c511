import type { Association, Workspace } from '../fleet/model.ts';
import type { Precondition } from '../fleet/ports.ts';
import type { FreshAssociations } from '../inventory/readThrough.ts';
import { nextStep } from '../plan/nextStep.ts';
import type { Change, Finding } from '../plan/plan.ts';
import { type CallResult, confirmByReading } from './ambiguousResult.ts';
import { attempt, type ExecuteContext, send } from './context.ts';
import type { OutcomeLog } from './outcome.ts';
import { type FreshWorkspace, revalidate } from './revalidate.ts';

/** Deploys the pending changes of a WorkSpace, unless another change is pending or a hold applies. */
export async function deployApplications(
  changes: readonly Change[],
  fresh: FreshWorkspace,
  precondition: Precondition,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const { backoff, expectations, policy, clock, isPlanCurrent } = context;
  const due = changesToDeploy(fresh.associations, changes);
  const [first] = due;
  if (first === undefined) {
    outcome.dropped.push(...changes.map((change) => ({ change, message: 'no change is pending deployment' })));
    return;
  }
  const { workspace } = first.finding;
  const hold = revalidate(fresh, due, context);
  if (hold !== undefined) {
    outcome.held.push(...due.map((change) => ({ change, ...hold })));
  } else if (!isPlanCurrent()) {
    outcome.interrupted = true;
  } else if (!due.some(({ finding }) => expectations.isPending('Deploy', finding.association, clock.now()))) {
    const result = await attempt(due, context, outcome, () => deploy(workspace, due, context, precondition));
    if (result === 'Applied') {
      backoff.succeeded(first, policy);
      outcome.made.push({ action: 'Deploy', workspace, findings: due.map(({ finding }) => finding) });
    }
  }
}

/** Returns the changes whose current associations require a deployment. */
function changesToDeploy(current: FreshAssociations, changes: readonly Change[]): Change[] {
  return changes.flatMap((change) => {
    const { desired, failed } = change.finding;
    const association = current.get(change.finding.association.applicationID);
    if (association === undefined || desired === undefined) {
      return [];
    }
    const step = nextStep(desired, association, failed);
    return step.kind === 'Deploy'
      ? [{ ...change, action: 'Deploy', force: step.force, finding: { ...change.finding, association } }]
      : [];
  });
}

async function deploy(
  workspace: Workspace,
  due: readonly Change[],
  context: ExecuteContext,
  precondition: Precondition,
): Promise<CallResult> {
  const { fleet, inventory, expectations, retries, policy, clock } = context;
  const { workspaceID } = workspace;
  const associations = due.map(({ finding }) => finding.association);
  const force = due.some((change) => change.force);
  const unexpect = expectations.expect('Deploy', associations, clock.now());
  const undoCount = force ? retries.count(workspaceID, policy, clock.now()) : () => {};
  const rollback = () => {
    unexpect();
    undoCount();
  };
  try {
    const after = await send(rollback, () => fleet.deployWorkspaceApplications(workspaceID, { force }, precondition));
    const reportedIDs = new Set(after.map(({ applicationID }) => applicationID));
    const omitted = due.filter(({ finding }) => !reportedIDs.has(finding.association.applicationID));
    const now = clock.now();
    for (const association of [...after, ...omitted.map(({ finding }) => expectedAfterDeploy(finding, now))]) {
      inventory.observeAssociation(association);
    }
    inventory.observeWorkspace(workspaceID, { ...workspace, state: 'UPDATING' }, now);
    return 'Applied';
  } catch (error) {
    const hasChanged = (current: FreshAssociations) =>
      associations.every((association) => {
        const { state, lastUpdatedTime } = current.get(association.applicationID) ?? {};
        return state !== association.state || lastUpdatedTime?.getTime() !== association.lastUpdatedTime?.getTime();
      });
    return confirmByReading(error, workspaceID, context, hasChanged);
  }
}

/** Returns the expected association after the start of its deployment, in case the response omits it. */
function expectedAfterDeploy({ association, desired }: Finding, now: Date): Association {
  const state = desired === 'Present' ? 'PENDING_INSTALL' : 'PENDING_UNINSTALL';
  return { ...association, state, stateReason: undefined, lastUpdatedTime: now };
}

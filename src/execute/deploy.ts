import { type FreshAssociations, readAssociations, readWorkspaces } from '../fleet/fresh.ts';
import type { Association, Workspace } from '../fleet/model.ts';
import type { MaySend } from '../fleet/ports.ts';
import { isDeployable } from '../fleet/states.ts';
import { othersInDeployment, othersMessage } from '../plan/deployment.ts';
import { notReadyMessage } from '../plan/holds/workspaceNotReady.ts';
import { nextStep } from '../plan/nextStep.ts';
import type { Change, Finding, HoldReason } from '../plan/plan.ts';
import type { WorkspaceSteps } from '../plan/steps.ts';
import { attempt, type ExecuteContext, leaveToSend, send } from './context.ts';
import { type Came, reachedAnyway } from './lostAnswer.ts';
import type { OutcomeLog } from './outcome.ts';

/** Deploys a WorkSpace's changes, if a fresh read shows that they are pending, that nothing else is, and that it can be done now. */
export async function deployApplications(
  { workspace, deploy: changes }: WorkspaceSteps,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const { workspaceId } = workspace;
  const { attempts, settling, policy, clock, stands } = context;
  const wanted = changes.map((change): Change => ({ ...change, action: 'Deploy' }));
  const now = await attempt(wanted.slice(0, 1), context, outcome, async () => ({
    workspace: (await readWorkspaces([workspaceId], context)).get(workspaceId),
    associations: await readAssociations(workspaceId, context),
  }));
  const maySend = leaveToSend(context);
  const due = now === undefined ? [] : dueIn(now.associations, wanted);
  const [first] = due;
  if (now === undefined || first === undefined) {
    return;
  }
  const force = due.some((change) => change.force);
  const ours = new Set(due.map(({ finding }) => finding.association.applicationId));
  const others = othersInDeployment(now.associations.values(), force, ours, context.isDeployedByAnother, policy);
  const hold = (reason: HoldReason, message: string) => {
    outcome.held.push(...due.map((change) => ({ change, reason, message })));
  };
  if (others.length > 0) {
    hold('OthersPendingChanges', othersMessage(others));
  } else if (!isDeployable(now.workspace?.state)) {
    hold('WorkspaceNotReady', notReadyMessage(now.workspace?.state));
  } else if (!stands()) {
    outcome.interrupted = true;
  } else if (!due.some(({ finding }) => settling.has('Deploy', finding.association, clock.now()))) {
    const came = await attempt([first], context, outcome, () => deploy(workspace, force, due, context, maySend));
    if (came === 'Made') {
      attempts.succeeded(first, policy);
      outcome.made.push({ action: 'Deploy', workspace, findings: due.map(({ finding }) => finding) });
    }
  }
}

/** The changes that call for a deployment now, with their associations as they are now. */
function dueIn(fresh: FreshAssociations, changes: readonly Change[]): Change[] {
  return changes.flatMap((change) => {
    const { goal, failed } = change.finding;
    const association = fresh.get(change.finding.association.applicationId);
    if (association === undefined || goal === undefined) {
      return [];
    }
    const step = nextStep(goal, association, failed);
    return step.kind === 'Deploy'
      ? [{ ...change, force: step.force, finding: { ...change.finding, association } }]
      : [];
  });
}

async function deploy(
  workspace: Workspace,
  force: boolean,
  due: readonly Change[],
  context: ExecuteContext,
  maySend: MaySend,
): Promise<Came> {
  const { fleet, inventory, settling, repeated, policy, clock } = context;
  const { workspaceId } = workspace;
  const associations = due.map(({ finding }) => finding.association);
  const forgetSent = settling.sent('Deploy', associations, clock.now());
  const uncount = force ? repeated.count(workspaceId, policy, clock.now()) : () => {};
  const takeBack = () => {
    forgetSent();
    uncount();
  };
  try {
    const after = await send(takeBack, () => fleet.deployWorkspaceApplications(workspaceId, { force }, maySend));
    const answered = new Set(after.map(({ applicationId }) => applicationId));
    const unanswered = due.filter(({ finding }) => !answered.has(finding.association.applicationId));
    const now = clock.now();
    for (const association of [...after, ...unanswered.map(({ finding }) => begun(finding, now))]) {
      inventory.observeAssociation(association);
    }
    inventory.observeWorkspace(workspaceId, { ...workspace, state: 'UPDATING' }, now);
    return 'Made';
  } catch (error) {
    const hasMoved = (fresh: FreshAssociations) =>
      associations.every((association) => {
        const { state, lastUpdatedTime } = fresh.get(association.applicationId) ?? {};
        return state !== association.state || lastUpdatedTime?.getTime() !== association.lastUpdatedTime?.getTime();
      });
    return reachedAnyway(error, workspaceId, context, hasMoved);
  }
}

/** An association whose deployment has just begun, where AWS's answer left it out. */
function begun({ association, goal }: Finding, now: Date): Association {
  const state = goal === 'Install' ? 'PENDING_INSTALL' : 'PENDING_UNINSTALL';
  return { ...association, state, stateReason: undefined, lastUpdatedTime: now };
}

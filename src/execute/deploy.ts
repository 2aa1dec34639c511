import type { FreshAssociations } from '../fleet/fresh.ts';
import type { Association, Workspace } from '../fleet/model.ts';
import type { MaySend } from '../fleet/ports.ts';
import { nextStep } from '../plan/nextStep.ts';
import type { Change, Finding } from '../plan/plan.ts';
import { attempt, type ExecuteContext, send } from './context.ts';
import { foundInTheWay, type Look } from './look.ts';
import { type Came, reachedAnyway } from './lostAnswer.ts';
import type { OutcomeLog } from './outcome.ts';

/** Deploys a WorkSpace's changes, if they are pending, nothing else is, and it can be done now. */
export async function deployApplications(
  changes: readonly Change[],
  look: Look,
  maySend: MaySend,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const { attempts, settling, policy, clock, stands } = context;
  const due = dueIn(look.associations, changes);
  const [first] = due;
  if (first === undefined) {
    outcome.dropped.push(...changes.map((change) => ({ change, message: 'nothing is left to be deployed' })));
    return;
  }
  const { workspace } = first.finding;
  const inTheWay = foundInTheWay(look, due, context);
  if (inTheWay !== undefined) {
    outcome.held.push(...due.map((change) => ({ change, ...inTheWay })));
  } else if (!stands()) {
    outcome.interrupted = true;
  } else if (!due.some(({ finding }) => settling.has('Deploy', finding.association, clock.now()))) {
    const came = await attempt([first], context, outcome, () => deploy(workspace, due, context, maySend));
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
    const association = fresh.get(change.finding.association.applicationID);
    if (association === undefined || goal === undefined) {
      return [];
    }
    const step = nextStep(goal, association, failed);
    return step.kind === 'Deploy'
      ? [{ ...change, action: 'Deploy', force: step.force, finding: { ...change.finding, association } }]
      : [];
  });
}

async function deploy(
  workspace: Workspace,
  due: readonly Change[],
  context: ExecuteContext,
  maySend: MaySend,
): Promise<Came> {
  const { fleet, inventory, settling, repeated, policy, clock } = context;
  const { workspaceID } = workspace;
  const associations = due.map(({ finding }) => finding.association);
  const force = due.some((change) => change.force);
  const forgetSent = settling.sent('Deploy', associations, clock.now());
  const uncount = force ? repeated.count(workspaceID, policy, clock.now()) : () => {};
  const takeBack = () => {
    forgetSent();
    uncount();
  };
  try {
    const after = await send(takeBack, () => fleet.deployWorkspaceApplications(workspaceID, { force }, maySend));
    const answered = new Set(after.map(({ applicationID }) => applicationID));
    const unanswered = due.filter(({ finding }) => !answered.has(finding.association.applicationID));
    const now = clock.now();
    for (const association of [...after, ...unanswered.map(({ finding }) => begun(finding, now))]) {
      inventory.observeAssociation(association);
    }
    inventory.observeWorkspace(workspaceID, { ...workspace, state: 'UPDATING' }, now);
    return 'Made';
  } catch (error) {
    const hasMoved = (fresh: FreshAssociations) =>
      associations.every((association) => {
        const { state, lastUpdatedTime } = fresh.get(association.applicationID) ?? {};
        return state !== association.state || lastUpdatedTime?.getTime() !== association.lastUpdatedTime?.getTime();
      });
    return reachedAnyway(error, workspaceID, context, hasMoved);
  }
}

/** An association whose deployment has just begun, where AWS's answer left it out. */
function begun({ association, goal }: Finding, now: Date): Association {
  const state = goal === 'Install' ? 'PENDING_INSTALL' : 'PENDING_UNINSTALL';
  return { ...association, state, stateReason: undefined, lastUpdatedTime: now };
}

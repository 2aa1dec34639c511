import { FleetError } from '../fleet/errors.ts';
import type { Association, Workspace } from '../fleet/model.ts';
import type { Precondition } from '../fleet/ports.ts';
import { isAwaitingDeployment } from '../fleet/states.ts';
import type { FreshAssociations } from '../inventory/readThrough.ts';
import { completesReplacement } from '../plan/backoff.ts';
import { OLD_VERSION_EXISTS } from '../plan/oldVersion.ts';
import type { Change, Finding } from '../plan/plan.ts';
import { type CallResult, confirmByReading, mayHaveBeenApplied } from './ambiguousResult.ts';
import { CallRecord } from './callRecord.ts';
import { attempt, type ExecuteContext, SendCheck, send } from './context.ts';
import type { FreshWorkspace } from './freshReads.ts';
import type { OutcomeLog } from './outcome.ts';
import { isConfirmed, type Revalidate } from './revalidate.ts';

/** Deploys the confirmed pending changes of a WorkSpace. */
export async function deployApplications(
  changes: readonly Change[],
  revalidate: Revalidate,
  { associations, isFresh }: Pick<FreshWorkspace, 'associations' | 'isFresh'>,
  context: ExecuteContext,
  outcome: OutcomeLog,
): Promise<void> {
  const { history, policy, clock, isPlanCurrent } = context;
  const [first] = changes;
  if (first === undefined) {
    return;
  }
  const { workspace } = first.finding;
  if (!isPlanCurrent()) {
    outcome.interrupted = true;
  } else if (
    !changes.some(({ finding }) => history.expectations.isPending('Deploy', finding.association, clock.now()))
  ) {
    // A deployment carries out all pending changes, so all must still be confirmed.
    const areConfirmed = () => {
      const confirmation = revalidate();
      return changes.every((change) => isConfirmed(change, confirmation));
    };
    const check = new SendCheck(() => isFresh() && areConfirmed(), clock);
    const withAssociations = { ...context, associations };
    const record = new CallRecord([first, ...changes.slice(1)], withAssociations, check);
    const call = () => deploy(workspace, changes, associations, context, check.precondition, record);
    const result = await attempt(changes, withAssociations, outcome, call, isFresh);
    if (result === 'Applied') {
      history.backoff.succeeded(first, policy);
      const findings = changes.map(({ finding }) => finding);
      outcome.made.push({ action: 'Deploy', workspace, findings, sentAt: check.sentAt, call: record.summary });
    }
  }
}

async function deploy(
  workspace: Workspace,
  changes: readonly Change[],
  current: FreshAssociations,
  context: ExecuteContext,
  precondition: Precondition,
  record: CallRecord,
): Promise<CallResult> {
  const { fleet, inventory, history, policy, clock } = context;
  const { workspaceID } = workspace;
  const associations = changes.map(({ finding }) => finding.association);
  const force = changes.some((change) => change.force);
  // The deployment also carries out the pending changes of other policies, which must not deploy them again.
  const pending = [...current.values()].filter((one) => isAwaitingDeployment(one));
  const unexpect = history.expectations.expect('Deploy', [...associations, ...pending], clock.now());
  const isRetry = changes.some((change) => change.force && !completesReplacement(change));
  const undoCount = isRetry ? history.retries.count(workspaceID, policy, clock.now()) : () => {};
  const undoRepeats = changes
    .filter(({ finding }) => finding.association.stateReason?.errorCode === OLD_VERSION_EXISTS)
    .map(({ finding }) => history.started.repeatInstallation(finding.association));
  const undoStarts = changes.map(({ finding: { desired, association } }) =>
    history.started.beginDeployment(
      desired === 'Present' ? 'Associate' : 'Disassociate',
      association,
      policy,
      clock.now(),
    ),
  );
  const rollback = () => {
    unexpect();
    undoCount();
    [...undoStarts, ...undoRepeats].forEach((undo) => void undo());
  };
  try {
    const after = await send(rollback, () =>
      fleet.deployWorkspaceApplications(workspaceID, { force }, precondition, record),
    );
    const reportedIDs = new Set(after.map(({ applicationID }) => applicationID));
    const omitted = changes.filter(({ finding }) => !reportedIDs.has(finding.association.applicationID));
    const now = clock.now();
    for (const association of [...after, ...omitted.map(({ finding }) => expectedAfterDeploy(finding, now))]) {
      inventory.observeAssociation(association);
    }
    inventory.observeWorkspace(workspaceID, { ...workspace, state: 'UPDATING' }, now);
    await record.succeeded(after);
    return 'Applied';
  } catch (error) {
    if (error instanceof FleetError && mayHaveBeenApplied(error)) {
      // The WorkSpace counts as changing until a read shows that it isn't.
      inventory.observeWorkspace(workspaceID, { ...workspace, state: 'UPDATING' }, clock.now());
    }
    const hasChanged = (current: FreshAssociations) =>
      associations.every((association) => {
        const { state, lastUpdatedTime } = current.get(association.applicationID) ?? {};
        return state !== association.state || lastUpdatedTime?.getTime() !== association.lastUpdatedTime?.getTime();
      });
    try {
      const result = await confirmByReading(error, workspaceID, context, hasChanged);
      await record.failed(error, result === 'Applied');
      return result;
    } catch (failure) {
      await record.failed(error, false);
      throw failure;
    }
  } finally {
    // Even a failed call may have started the deployment.
    inventory.recent.recordDeployment(workspaceID);
  }
}

/** Returns the expected association after the start of its deployment, in case the response omits it. */
function expectedAfterDeploy({ association, desired }: Finding, now: Date): Association {
  const state = desired === 'Present' ? 'PENDING_INSTALL' : 'PENDING_UNINSTALL';
  return { ...association, state, stateReason: undefined, lastUpdatedTime: now };
}

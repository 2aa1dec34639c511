import { compareBy, compareStrings } from '../compare.ts';
import { missingFor, selects } from '../fleet/matching.ts';
import type { Application, Association, Workspace } from '../fleet/model.ts';
import { indexPolicies } from '../fleet/policyIndex.ts';
import { applicationIn, type Gaps, NO_GAPS, type Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { concatenated, IndexList, mapped, pickSliced, type Sequence, selection } from '../sequence.ts';
import { isYieldDue, type Sliced } from '../slices.ts';
import type { Attempts } from './backoff.ts';
import { EffectiveRequests } from './effectiveRequests.ts';
import { FindingCollector } from './findingColumns.ts';
import { nextStep } from './nextStep.ts';
import { installationRetry } from './oldVersion.ts';
import type { Change, Finding, Plan, UndecidedWorkspace } from './plan.ts';
import { Refusals } from './refusals.ts';
import { replacementsFor } from './replacements.ts';
import { resolveApplications } from './resolution.ts';
import type { StartedView } from './reverts.ts';
import { sharedReplacements } from './sharedReplacements.ts';
import { type StartedInputs, startedOutside, type Unrequested, unrequestedFor } from './unrequested.ts';
import { type Evaluator, evaluatorFor } from './verdict.ts';

/**
 * Returns the changes between the desired state and the snapshot, and the reverts of changes that no policy requests. `applyHolds` applies
 * the holds later.
 *
 * @param policies all policies that can select WorkSpaces of `policy`, including itself
 */
export function* planChanges(
  policy: Policy,
  policies: readonly Policy[],
  snapshot: Snapshot,
  now: Date,
  startedInputs: StartedInputs & { readonly backoff?: Attempts | undefined },
): Sliced<Plan> {
  const { gaps = NO_GAPS } = snapshot;
  const { selected, undecided, unreadCount } = yield* selectWorkspaces(policy, snapshot, gaps, now);
  yield* indexPolicies(policies);
  const resolution = resolveApplications(policy, snapshot.applications);
  const evaluate = evaluatorFor(policy, policies, now);
  const required = resolution.required.map(({ applicationID }) => applicationID).sort(compareStrings);
  const unrequested = unrequestedFor(policy, startedInputs, snapshot, now);
  const effective = new EffectiveRequests(policy, policies, snapshot, now);
  const replace = replacementsFor({
    policy,
    effective,
    snapshot,
    started: startedInputs.started,
    refusals: new Refusals(startedInputs.backoff ?? new Map(), snapshot, effective, now),
    shared: sharedReplacements(),
  });
  const collector = new FindingCollector(snapshot.associations);
  for (const workspace of selected) {
    yield;
    const associated = snapshot.associations.get(workspace.workspaceID);
    const onWorkspace: Finding[] = [];
    for (const applicationID of applicationsToEvaluate(associated, required)) {
      const listed = associated?.get(applicationID);
      if (listed === undefined && gaps.applications.has(applicationID)) {
        continue;
      }
      const evaluated = findingFor(policy, evaluate, workspace, applicationID, listed, snapshot, startedInputs.started);
      const pending = listed && unrequested(listed, workspace, evaluated);
      const finding = pending ? unrequestedFinding(pending, listed, workspace, evaluated, snapshot) : evaluated;
      if (finding !== undefined) {
        onWorkspace.push(finding);
      }
    }
    for (const finding of replace(workspace, onWorkspace)) {
      collector.add(finding);
    }
  }
  const outside = startedOutside(policy, startedInputs, snapshot, now).flatMap(([association, workspace]) => {
    const pending = unrequested(association, workspace, undefined);
    return pending === undefined ? [] : [unrequestedFinding(pending, association, workspace, undefined, snapshot)];
  });
  const findings = outside.length === 0 ? collector.findings() : yield* inOrder(collector.findings(), outside);
  const changes = mapped(yield* pickSliced(findings, requiresChange), changeFor);
  const selectedCount = Math.max(selected.length, snapshot.recordedCount ?? 0);
  return { resolution, selected, selectedCount, undecided, unreadCount, gaps, findings, changes, held: [] };
}

/** Returns findings and a few others together, sorted by WorkSpace, then by application. `findings` is sorted. */
function* inOrder(findings: Sequence<Finding>, others: readonly Finding[]): Sliced<Sequence<Finding>> {
  const sorted = [...others].sort(compareFindings);
  const indices = new IndexList();
  let next = 0;
  for (const [index, finding] of findings.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    for (; next < sorted.length && compareFindings(sorted[next] as Finding, finding) < 0; next++) {
      indices.push(findings.length + next);
    }
    indices.push(index);
  }
  for (; next < sorted.length; next++) {
    indices.push(findings.length + next);
  }
  return selection(concatenated(findings, sorted), indices.values());
}

function compareFindings(a: Finding, b: Finding): number {
  return (
    compareStrings(a.workspace.workspaceID, b.workspace.workspaceID) ||
    compareStrings(a.application.applicationID, b.application.applicationID)
  );
}

/** Returns the WorkSpaces that a policy selects, and the WorkSpaces that are undecided, sorted by ID. */
function* selectWorkspaces(
  { workspaceSelector }: Policy,
  { workspaces }: Snapshot,
  gaps: Gaps,
  now: Date,
): Sliced<Pick<Plan, 'selected' | 'undecided' | 'unreadCount'>> {
  const selected: Workspace[] = [];
  const undecided: UndecidedWorkspace[] = [];
  let unreadCount = 0;
  for (const workspace of workspaces.values()) {
    yield;
    const isSelected = selects(workspaceSelector, workspace, now);
    const unread = gaps.workspaces.get(workspace.workspaceID);
    if (isSelected === undefined) {
      undecided.push({
        workspace,
        because: gaps.tags.get(workspace.workspaceID) ?? missingFor(workspaceSelector, workspace),
      });
    } else if (isSelected && unread !== undefined) {
      unreadCount += gaps.unread.has(workspace.workspaceID) ? 1 : 0;
      undecided.push({ workspace, because: unread });
    } else if (isSelected) {
      selected.push(workspace);
    }
  }
  return {
    selected: selected.sort(compareBy(({ workspaceID }) => workspaceID)),
    undecided: undecided.sort(compareBy(({ workspace }) => workspace.workspaceID)),
    unreadCount,
  };
}

/** Returns the IDs of associated and `required` applications in ascending order. `required` is sorted. */
function applicationsToEvaluate(
  associated: ReadonlyMap<string, Association> | undefined,
  required: readonly string[],
): readonly string[] {
  if (associated === undefined) {
    return required;
  }
  const ids = [...associated.keys()];
  for (const id of required) {
    if (!associated.has(id)) {
      ids.push(id);
    }
  }
  return ids.length < 2 ? ids : ids.sort(compareStrings);
}

/**
 * Whether an application can't be installed again after its removal, such as Office 2016 and 2019 (AWS: UNINSTALL_ONLY). If AWS doesn't
 * report the state, assumes the worst.
 */
function isIrreversible({ state }: Application, { allowUninstallOnly }: Policy): boolean {
  return state === undefined || (state === 'UNINSTALL_ONLY' && !allowUninstallOnly);
}

/** Returns the finding for a pending change that no policy requests. `evaluated`: finding of the policy, if it applies. */
function unrequestedFinding(
  pending: Unrequested,
  association: Association,
  workspace: Workspace,
  evaluated: Finding | undefined,
  snapshot: Snapshot,
): Finding {
  return {
    workspace,
    application: applicationIn(snapshot, association.applicationID),
    association,
    isAssociated: true,
    ...pending,
    until: evaluated?.until,
    step: pending.desired && nextStep(pending.desired, association, undefined),
    failed: undefined,
    isIrreversible: false,
  };
}

function findingFor(
  policy: Policy,
  evaluate: Evaluator,
  workspace: Workspace,
  applicationID: string,
  listed: Association | undefined,
  snapshot: Snapshot,
  started: StartedView,
): Finding | undefined {
  const application = applicationIn(snapshot, applicationID);
  const evaluation = evaluate(workspace, application);
  if (evaluation === undefined || (listed === undefined && evaluation.desired === undefined)) {
    return undefined;
  }
  const association = listed ?? { workspaceID: workspace.workspaceID, applicationID };
  const { verdict, because, unredacted, until, desired, isUndecided } = evaluation;
  const observed = snapshot.failedOperation(association);
  // The operator repeats only its own deployments.
  const failed = observed !== undefined && started.hasStarted(observed, association) ? observed : undefined;
  return {
    workspace,
    application,
    association,
    isAssociated: listed !== undefined,
    verdict,
    because,
    unredacted,
    until,
    desired,
    step:
      desired &&
      (installationRetry(desired, association, application, snapshot, started) ?? nextStep(desired, listed, failed)),
    failed,
    isIrreversible: isIrreversible(application, policy),
    isUndecided,
  };
}

function requiresChange({ step }: Finding): boolean {
  return step?.kind === 'Associate' || step?.kind === 'Disassociate' || step?.kind === 'Deploy';
}

/** Returns the change of a finding that requires one. */
function changeFor(finding: Finding): Change {
  const { step } = finding;
  return {
    finding,
    action: step?.kind as Change['action'],
    force: step?.kind === 'Deploy' && step.force,
  };
}

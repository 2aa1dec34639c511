import type { SentCall } from '../cloud/traffic.ts';
import { type Attempt, KNOWN_STATES, type ObservedState, PENDING_STATES } from '../observedState.ts';
import {
  type Goal,
  isAskedFor,
  isConflict,
  judge,
  mayAskFor,
  mayChange,
  nextOperations,
  requestsChange,
} from '../policyContext.ts';
import type { KnownAssociation, KnownPolicy } from '../processLedger.ts';
import type { ApplicationFacts } from '../selection.ts';
import type { UntimedViolation } from '../violation.ts';
import { graceViolation, limitViolation, rolloutViolation } from './policyLimits.ts';

/** What a process knows when it sends a call. */
type Facts = Omit<Attempt, 'isRevert' | 'requestedBy'>;

/** Checks that a policy requests this change of an association, and that its own settings permit it. */
export function associationViolations(sent: SentCall, attempt: Attempt, observed: ObservedState): UntimedViolation[] {
  const { ledger, context, workspace, known, isRevert } = attempt;
  const violationsOfRevert = isRevert ? revertViolations(sent, attempt, observed) : undefined;
  if (violationsOfRevert?.length === 0) {
    return [];
  }
  const { operation, input } = sent;
  const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
  const applicationID = String(input.ApplicationId);
  const application = observed.application(applicationID);
  const requesting = requestingPolicies(goal, attempt, application);
  if (requesting.length === 0 && violationsOfRevert !== undefined) {
    return violationsOfRevert;
  }
  if (requesting.length === 0) {
    const judgments = ledger.policies().map((one) => judge(goal, one, context, workspace, application));
    return [
      judgments.includes('Undecided')
        ? { rule: 'MissingData', message: 'AWS does not report whether a policy selects the WorkSpace' }
        : { rule: 'UnrequestedChange', message: 'no policy requests the change' },
    ];
  }
  const association = known.associations?.value.find((one) => one.applicationID === applicationID);
  const invalidTransition: UntimedViolation = {
    rule: 'InvalidTransition',
    message: `the state of the association is ${association?.state ?? 'absent'}`,
  };
  return [
    ...(nextOperations(goal, association?.state).includes(operation) ? [] : [invalidTransition]),
    ...unlessAnyPermits(
      requesting.map(
        (one) =>
          limitViolation(one, attempt, applicationID, goal, sent, observed) ??
          observed.rollouts.violation(one, attempt),
      ),
    ),
  ];
}

/** Checks that a policy requests every change that a deployment carries out, and that its own settings permit it. */
export function deploymentViolations(sent: SentCall, attempt: Attempt, observed: ObservedState): UntimedViolation[] {
  const { ledger, context, workspace, known } = attempt;
  const isForced = sent.input.Force === true;
  const found = known.associations?.value ?? [];
  const deployed = found.filter(({ state }) => PENDING_STATES.has(state) || (isForced && state === 'ERROR'));
  const [forbidden] = forbiddenDeployments(deployed, attempt, observed);
  if (forbidden !== undefined) {
    return [forbidden];
  }
  const unknown = found.filter(({ state }) => !KNOWN_STATES.has(state));
  const requestedBy = (policy: KnownPolicy) =>
    deployed.flatMap(({ applicationID, state }) =>
      goalsOf(state)
        .filter((goal) => requestsChange(goal, policy, context, workspace, observed.application(applicationID)))
        .map((goal) => ({ applicationID, goal })),
    );
  const requesting = ledger
    .policies()
    .map((policy) => ({ policy, requested: requestedBy(policy) }))
    .filter(({ requested }) => requested.length > 0);
  if (requesting.length === 0) {
    const states = deployed.map(({ state }) => state).join(', ');
    const judgments = ledger
      .policies()
      .flatMap((policy) =>
        deployed.flatMap(({ applicationID, state }) =>
          goalsOf(state).map((goal) => judge(goal, policy, context, workspace, observed.application(applicationID))),
        ),
      );
    if (judgments.includes('Undecided')) {
      return [
        { rule: 'MissingData', message: `AWS does not report whether a policy selects the WorkSpace: ${states}` },
      ];
    }
    return [{ rule: 'UnrequestedChange', message: `no policy requests the pending changes: ${states}` }];
  }
  const deploys = (policy: KnownPolicy, applicationID: string, goal: Goal) =>
    policy.spec.rollout?.deploy !== 'Manual' &&
    (policy.spec.enforcement !== 'Approve' ||
      observed.isApproved(policy, `${workspace.workspaceID} ${applicationID}`, goal));
  const others = deployed.filter(
    ({ applicationID }) =>
      !requesting.some(({ policy, requested }) =>
        requested.some((one) => one.applicationID === applicationID && deploys(policy, applicationID, one.goal)),
      ),
  );
  const violations = requesting.map(({ policy, requested }): UntimedViolation | undefined => {
    const hold = (policy.spec.safeguards?.unmanagedPendingChanges ?? 'Hold') === 'Hold' || isForced;
    if ((hold && others.length > 0) || unknown.length > 0) {
      const which = [...others, ...unknown].map(({ applicationID, state }) => `${applicationID} ${state}`).join(', ');
      return {
        rule: 'UnmanagedChange',
        message: `the deployment carries out changes that no policy requests: ${which}`,
      };
    }
    const each = requested.map(({ applicationID, goal }) =>
      limitViolation(policy, attempt, applicationID, goal, sent, observed),
    );
    return each.includes(undefined)
      ? (rolloutViolation(policy, attempt, observed) ?? observed.rollouts.violation(policy, attempt))
      : each[0];
  });
  observed.deployedFor.set(workspace.workspaceID, new Set(requesting.map(({ policy }) => policy.key)));
  return unlessAnyPermits(violations);
}

/** Returns the violations of a deployment that no policy can permit. `deployed`: the associations that it changes. */
function forbiddenDeployments(
  deployed: readonly KnownAssociation[],
  attempt: Attempt,
  observed: ObservedState,
): UntimedViolation[] {
  const listOf = (some: readonly KnownAssociation[]) =>
    some.map(({ applicationID, state }) => `${applicationID} ${state}`).join(', ');
  const abandoned = deployed.filter(({ applicationID, state }) =>
    goalsOf(state).some((goal) => isAbandoned(applicationID, goal, attempt, observed)),
  );
  const repeated = deployed.filter(
    ({ applicationID, state }) =>
      state === 'ERROR' && observed.deployedBy.get(`${attempt.workspace.workspaceID} ${applicationID}`) === 'others',
  );
  return [
    ...(abandoned.length === 0
      ? []
      : [
          {
            rule: 'AbandonedChange' as const,
            message: `the deployment carries out changes that were abandoned: ${listOf(abandoned)}`,
          },
        ]),
    ...(repeated.length === 0
      ? []
      : [
          {
            rule: 'ForcedDeployment' as const,
            message: `the forced deployment repeats what someone else started: ${listOf(repeated)}`,
          },
        ]),
  ];
}

/** Whether a call reverts a change that the operator began and that no policy asks for, or a removal whose replacement AWS rejects. */
export function isRevertOf({ operation, input }: SentCall, facts: Facts, observed: ObservedState): boolean {
  if (operation === 'DeployWorkspaceApplications') {
    return false;
  }
  const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
  const { ledger, context, workspace } = facts;
  const applicationID = String(input.ApplicationId);
  const application = observed.application(applicationID);
  // An installation that isn't deployed is not software that the protection of a changed policy keeps.
  const contradicting = goal === 'Remove' ? { ...context, ended: [] } : context;
  return (
    (isStartedFor(opposite(goal), applicationID, facts, observed) ||
      mayBeStartedFor(opposite(goal), applicationID, facts, observed)) &&
    !isConflict(contradicting, workspace, application) &&
    (!mayAskFor(opposite(goal), ledger.policies(), context, workspace, application) ||
      (goal === 'Install' && isReplacementRejected(facts, observed)))
  );
}

/** Whether AWS rejects an application on a WorkSpace, as a call or its data has shown. */
function isReplacementRejected({ workspace: { workspaceID } }: Facts, { cloud }: ObservedState): boolean {
  return (
    cloud.rejectsInstallations?.on.includes(workspaceID) === true ||
    [...cloud.incompatible].some((rejected) => rejected.startsWith(`${workspaceID} `))
  );
}

/** Returns the UIDs of the policies that request a change of an association. Empty for a deployment. */
export function requestersOf({ operation, input }: SentCall, facts: Facts, observed: ObservedState): Set<string> {
  if (operation === 'DeployWorkspaceApplications') {
    return new Set();
  }
  const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
  const requesting = requestingPolicies(goal, facts, observed.application(String(input.ApplicationId)));
  return new Set(requesting.map(({ uid }) => uid));
}

/** Returns the policies that request a change of an association, as the process knows them. */
function requestingPolicies(
  goal: Goal,
  { ledger, context, workspace }: Facts,
  application: ApplicationFacts,
): KnownPolicy[] {
  return ledger.policies().filter((one) => requestsChange(goal, one, context, workspace, application));
}

/**
 * Whether an association waits for the deployment of a change that the operator has made for this goal, and no
 * policy asks for the goal.
 */
function isAbandoned(applicationID: string, goal: Goal, facts: Facts, observed: ObservedState): boolean {
  const { ledger, context, workspace } = facts;
  return (
    isStartedFor(goal, applicationID, facts, observed) &&
    !isAskedFor(goal, ledger.policies(), context, workspace, observed.application(applicationID))
  );
}

/**
 * Whether an association waits for the deployment of a change that the operator has made for this goal, for a policy
 * that still exists. The operator forgets what it began for a policy when the policy is deleted.
 */
function isStartedFor(
  goal: Goal,
  applicationID: string,
  { known, ledger, workspace }: Facts,
  observed: ObservedState,
): boolean {
  const association = known.associations?.value.find((one) => one.applicationID === applicationID);
  const pair = `${workspace.workspaceID} ${applicationID}`;
  const started = observed.startedChange(pair, association?.lastUpdated?.getTime());
  return (
    PENDING_STATES.has(association?.state ?? '') &&
    started?.goal === goal &&
    ledger.policies().some(({ uid }) => started.requestedBy.has(uid))
  );
}

/**
 * Whether an association waits for the deployment of a change that a process which ended may have made for this goal,
 * although someone else made it: the status showed the change as due.
 */
function mayBeStartedFor(
  goal: Goal,
  applicationID: string,
  { known, ledger, workspace: { workspaceID } }: Facts,
  observed: ObservedState,
): boolean {
  const association = known.associations?.value.find((one) => one.applicationID === applicationID);
  return (
    observed.hadSeveralProcesses &&
    observed.changedByOthersAt.has(workspaceID) &&
    PENDING_STATES.has(association?.state ?? '') &&
    ledger.policies().some(({ uid }) => observed.dueChanges.has(`${uid} ${workspaceID} ${applicationID} ${goal}`))
  );
}

/** Checks that the policy that began an abandoned change may revert it, and that its status shows this. */
function revertViolations(sent: SentCall, attempt: Attempt, observed: ObservedState): UntimedViolation[] {
  const { ledger, context, workspace, known } = attempt;
  const pair = `${workspace.workspaceID} ${sent.input.ApplicationId}`;
  const goal = sent.operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
  const association = known.associations?.value.find((one) => one.applicationID === sent.input.ApplicationId);
  const started = observed.startedChange(pair, association?.lastUpdated?.getTime());
  const isBegunBy = ({ uid }: KnownPolicy) =>
    started?.requestedBy.has(uid) ?? observed.dueChanges.has(`${uid} ${pair} ${opposite(goal)}`);
  const reverting = ledger.policies().filter((one) => isBegunBy(one) && mayChange(one, context, workspace));
  if (reverting.length === 0) {
    return [{ rule: 'UnrequestedChange', message: 'no policy that began the change may revert it' }];
  }
  return unlessAnyPermits(reverting.map((one) => graceViolation(one, pair, goal, sent, observed)));
}

function opposite(goal: Goal): Goal {
  return goal === 'Remove' ? 'Install' : 'Remove';
}

/** Returns the goals that a state can serve. A failed association can serve both. */
function goalsOf(state: string): readonly Goal[] {
  if (state === 'ERROR') {
    return ['Remove', 'Install'];
  }
  return state.includes('UNINSTALL') ? ['Remove'] : ['Install'];
}

/** One policy that permits the change suffices. Otherwise, the violation names the rule of the first policy. */
function unlessAnyPermits(violations: readonly (UntimedViolation | undefined)[]): UntimedViolation[] {
  const [first] = violations;
  return first === undefined || violations.includes(undefined)
    ? []
    : [{ rule: first.rule, message: violations.map((one) => one?.message).join('; ') }];
}

import type { SentCall } from '../cloud/traffic.ts';
import { type Attempt, KNOWN_STATES, type KnownPolicy, type ObservedState, PENDING_STATES } from '../observedState.ts';
import { type Goal, nextOperations, requestsChange } from '../policyContext.ts';
import type { UntimedViolation } from '../violation.ts';
import { limitViolation, rolloutViolation } from './policyLimits.ts';

/** Checks that a policy requests this change of an association, and that its own settings permit it. */
export function associationViolations(sent: SentCall, attempt: Attempt, observed: ObservedState): UntimedViolation[] {
  const { ledger, context, workspace, known, isRevert } = attempt;
  if (isRevert) {
    return [];
  }
  const { operation, input } = sent;
  const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
  const applicationID = String(input.ApplicationId);
  const application = observed.application(applicationID);
  const requesting = ledger.policies().filter((one) => requestsChange(goal, one, context, workspace, application));
  if (requesting.length === 0) {
    return [{ rule: 'UnrequestedChange', message: 'no policy requests the change' }];
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
    return [{ rule: 'UnrequestedChange', message: `no policy requests the pending changes: ${states}` }];
  }
  const deploys = ({ key, spec }: KnownPolicy, applicationID: string) =>
    spec.rollout?.deploy !== 'Manual' &&
    (spec.enforcement !== 'Approve' || observed.isApproved(key, `${workspace.workspaceID} ${applicationID}`));
  const others = deployed.filter(
    ({ applicationID }) =>
      !requesting.some(
        ({ policy, requested }) =>
          deploys(policy, applicationID) && requested.some((one) => one.applicationID === applicationID),
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

import type { Sent } from '../cloud/traffic.ts';
import {
  type Asking,
  type Attempt,
  type Goal,
  KNOWN,
  type ObservedState,
  PENDING,
  type RuleViolation,
} from '../observedState.ts';
import { asksFor, changeFor } from '../rules.ts';
import { deploymentObjection, policyObjection } from './policy.ts';

/** Whether a policy asks for an association to be changed so, and nothing that it says itself forbids it now. */
export function associationObjections(sent: Sent, attempt: Attempt, observed: ObservedState): RuleViolation[] {
  const { ledger, rules, workspace, told } = attempt;
  const { operation, input } = sent;
  const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
  const applicationID = String(input.ApplicationId);
  const application = observed.application(applicationID);
  const asking = ledger.policies().filter((one) => asksFor(goal, one, rules, workspace, application));
  if (asking.length === 0) {
    return [{ rule: 'Unasked', message: 'no policy asks for it' }];
  }
  const association = told.associations?.value.find((one) => one.applicationID === applicationID);
  const isNext = changeFor(goal, association?.state).includes(operation);
  return [
    ...(isNext ? [] : [{ rule: 'State', message: `the association is ${association?.state ?? 'not there'}` }]),
    ...unlessOneMay(asking.map((one) => policyObjection(one, attempt, applicationID, goal, sent, observed))),
  ];
}

/** Whether a policy asks for what a deployment carries out, nobody else's changes are among it, and nothing that it says itself forbids it now. */
export function deploymentObjections(sent: Sent, attempt: Attempt, observed: ObservedState): RuleViolation[] {
  const { ledger, rules, workspace, told } = attempt;
  const isForced = sent.input.Force === true;
  const found = told.associations?.value ?? [];
  const carried = found.filter(({ state }) => PENDING.has(state) || (isForced && state === 'ERROR'));
  const unknown = found.filter(({ state }) => !KNOWN.has(state));
  const askedBy = (policy: Asking) =>
    carried.flatMap(({ applicationID, state }) =>
      goalsOf(state)
        .filter((goal) => asksFor(goal, policy, rules, workspace, observed.application(applicationID)))
        .map((goal) => ({ applicationID, goal })),
    );
  const asking = ledger
    .policies()
    .map((policy) => ({ policy, asked: askedBy(policy) }))
    .filter(({ asked }) => asked.length > 0);
  if (asking.length === 0) {
    const states = carried.map(({ state }) => state).join(', ');
    return [{ rule: 'Unasked', message: `no policy asks for what is pending: ${states}` }];
  }
  const deploys = ({ key, spec }: Asking, applicationID: string) =>
    spec.rollout?.deploy !== 'Manual' &&
    (spec.enforcement !== 'Approve' || observed.isApproved(key, `${workspace.workspaceID} ${applicationID}`));
  const others = carried.filter(
    ({ applicationID }) =>
      !asking.some(
        ({ policy, asked }) =>
          deploys(policy, applicationID) && asked.some((one) => one.applicationID === applicationID),
      ),
  );
  const violations = asking.map(({ policy, asked }): RuleViolation | undefined => {
    const hold = (policy.spec.safeguards?.unmanagedPendingChanges ?? 'Hold') === 'Hold' || isForced;
    if ((hold && others.length > 0) || unknown.length > 0) {
      const which = [...others, ...unknown].map(({ applicationID, state }) => `${applicationID} ${state}`).join(', ');
      return { rule: 'OthersPending', message: `it would carry out what nobody asked for: ${which}` };
    }
    const each = asked.map(({ applicationID, goal }) =>
      policyObjection(policy, attempt, applicationID, goal, sent, observed),
    );
    return each.includes(undefined) ? deploymentObjection(policy, attempt, observed) : each[0];
  });
  observed.deployedFor.set(workspace.workspaceID, new Set(asking.map(({ policy }) => policy.key)));
  return unlessOneMay(violations);
}

/** What is pending, or has failed, may be wanted either way. */
function goalsOf(state: string): readonly Goal[] {
  if (state === 'ERROR') {
    return ['Remove', 'Install'];
  }
  return state.includes('UNINSTALL') ? ['Remove'] : ['Install'];
}

/** One policy that may is enough; where none may, the first says which rule is broken. */
function unlessOneMay(violations: readonly (RuleViolation | undefined)[]): RuleViolation[] {
  const [first] = violations;
  return first === undefined || violations.includes(undefined)
    ? []
    : [{ rule: first.rule, message: violations.map((one) => one?.message).join('; ') }];
}

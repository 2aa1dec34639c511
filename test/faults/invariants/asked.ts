import type { Sent } from '../cloud/traffic.ts';
import { asksFor, changeFor } from '../rules.ts';
import { type Asking, type Attempt, type Goal, KNOWN, type Objection, PENDING, type Seen } from '../seen.ts';
import { deploymentObjection, policyObjection } from './policy.ts';

/** Whether a policy asks for an association to be changed so, and nothing that it says itself forbids it now. */
export function associationObjections(sent: Sent, attempt: Attempt, seen: Seen): Objection[] {
  const { knowledge, rules, workspace, told } = attempt;
  const { operation, input } = sent;
  const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
  const applicationId = String(input.ApplicationId);
  const application = seen.application(applicationId);
  const asking = knowledge.policies().filter((one) => asksFor(goal, one, rules, workspace, application));
  if (asking.length === 0) {
    return [{ rule: 'Unasked', message: 'no policy asks for it' }];
  }
  const association = told.associations?.value.find((one) => one.applicationId === applicationId);
  const isNext = changeFor(goal, association?.state).includes(operation);
  return [
    ...(isNext ? [] : [{ rule: 'State', message: `the association is ${association?.state ?? 'not there'}` }]),
    ...unlessOneMay(asking.map((one) => policyObjection(one, attempt, applicationId, goal, sent, seen))),
  ];
}

/** Whether a policy asks for what a deployment carries out, nobody else's changes are among it, and nothing that it says itself forbids it now. */
export function deploymentObjections(sent: Sent, attempt: Attempt, seen: Seen): Objection[] {
  const { knowledge, rules, workspace, told } = attempt;
  const isForced = sent.input.Force === true;
  const found = told.associations?.value ?? [];
  const carried = found.filter(({ state }) => PENDING.has(state) || (isForced && state === 'ERROR'));
  const unknown = found.filter(({ state }) => !KNOWN.has(state));
  const askedBy = (policy: Asking) =>
    carried.flatMap(({ applicationId, state }) =>
      goalsOf(state)
        .filter((goal) => asksFor(goal, policy, rules, workspace, seen.application(applicationId)))
        .map((goal) => ({ applicationId, goal })),
    );
  const asking = knowledge
    .policies()
    .map((policy) => ({ policy, asked: askedBy(policy) }))
    .filter(({ asked }) => asked.length > 0);
  if (asking.length === 0) {
    const states = carried.map(({ state }) => state).join(', ');
    return [{ rule: 'Unasked', message: `no policy asks for what is pending: ${states}` }];
  }
  const deploys = ({ key, spec }: Asking, applicationId: string) =>
    spec.rollout?.deploy !== 'Manual' &&
    (spec.enforcement !== 'Approve' || seen.isApproved(key, `${workspace.workspaceId} ${applicationId}`));
  const others = carried.filter(
    ({ applicationId }) =>
      !asking.some(
        ({ policy, asked }) =>
          deploys(policy, applicationId) && asked.some((one) => one.applicationId === applicationId),
      ),
  );
  const objections = asking.map(({ policy, asked }): Objection | undefined => {
    const hold = (policy.spec.safeguards?.othersPendingChanges ?? 'Hold') === 'Hold' || isForced;
    if ((hold && others.length > 0) || unknown.length > 0) {
      const which = [...others, ...unknown].map(({ applicationId, state }) => `${applicationId} ${state}`).join(', ');
      return { rule: 'OthersPending', message: `it would carry out what nobody asked for: ${which}` };
    }
    const each = asked.map(({ applicationId, goal }) =>
      policyObjection(policy, attempt, applicationId, goal, sent, seen),
    );
    return each.includes(undefined) ? deploymentObjection(policy, attempt, seen) : each[0];
  });
  seen.deployedFor.set(workspace.workspaceId, new Set(asking.map(({ policy }) => policy.key)));
  return unlessOneMay(objections);
}

/** What is pending, or has failed, may be wanted either way. */
function goalsOf(state: string): readonly Goal[] {
  if (state === 'ERROR') {
    return ['Remove', 'Install'];
  }
  return state.includes('UNINSTALL') ? ['Remove'] : ['Install'];
}

/** One policy that may is enough; where none may, the first says which rule is broken. */
function unlessOneMay(objections: readonly (Objection | undefined)[]): Objection[] {
  const [first] = objections;
  return first === undefined || objections.includes(undefined)
    ? []
    : [{ rule: first.rule, message: objections.map((one) => one?.message).join('; ') }];
}

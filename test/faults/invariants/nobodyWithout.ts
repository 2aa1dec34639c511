import type { SentCall } from '../cloud/traffic.ts';
import type { PolicySpec } from '../manifests.ts';
import type { Attempt, ObservedState } from '../observedState.ts';
import { requestsChange } from '../policyContext.ts';
import type { ApplicationFacts } from '../selection.ts';
import type { UntimedViolation } from '../violation.ts';

/** States of an application that is installed, or that the same deployment installs. */
const PRESENT_STATES: ReadonlySet<string> = new Set([
  'COMPLETED',
  'PENDING_INSTALL_DEPLOYMENT',
  'PENDING_INSTALL',
  'INSTALLING',
  'PENDING_UNINSTALL_DEPLOYMENT',
]);

/**
 * Checks that a deployment removes no application whose replacement the same policies require, unless the replacement is installed or the
 * same deployment installs it. A policy with `replacements: Sequential` accepts the gap.
 */
export function withoutViolations(sent: SentCall, attempt: Attempt, observed: ObservedState): UntimedViolation[] {
  const { ledger, context, workspace, known } = attempt;
  if (sent.operation !== 'DeployWorkspaceApplications') {
    return [];
  }
  const found = known.associations?.value ?? [];
  const stateOf = (id: string) => found.find(({ applicationID }) => applicationID === id)?.state ?? 'REMOVED';
  const requesting = (goal: 'Remove' | 'Install', application: ApplicationFacts) =>
    ledger.policies().filter((policy) => requestsChange(goal, policy, context, workspace, application));
  const removed = found
    .filter(({ state }) => state === 'PENDING_UNINSTALL_DEPLOYMENT')
    .map(({ applicationID }) => observed.application(applicationID))
    .filter((application) => {
      const policies = requesting('Remove', application);
      return policies.length > 0 && !policies.every(isSequential);
    });
  return removed.flatMap((old) =>
    [...observed.applications.values()]
      .filter((one) => one !== old && familyOf(one) === familyOf(old))
      .filter((one) => !PRESENT_STATES.has(stateOf(one.applicationID)) && requesting('Install', one).length > 0)
      .map((one) => ({
        rule: 'NobodyWithout' as const,
        message: `the deployment removes ${old.applicationID}, and ${one.applicationID}, which replaces it, is ${stateOf(one.applicationID)}`,
      })),
  );
}

/**
 * Checks that a policy with `replacements: Sequential` installs an application only after it has removed those that the application replaces,
 * in a deployment of their own.
 */
export function orderViolations(sent: SentCall, attempt: Attempt, observed: ObservedState): UntimedViolation[] {
  const { ledger, context, workspace, known, isRevert } = attempt;
  if (sent.operation !== 'AssociateWorkspaceApplication' || isRevert) {
    return [];
  }
  const added = observed.application(String(sent.input.ApplicationId));
  const requesting = ledger.policies().filter((policy) => requestsChange('Install', policy, context, workspace, added));
  const replaced = (policy: (typeof requesting)[number]) =>
    (known.associations?.value ?? [])
      .filter(({ state }) => state !== 'REMOVED')
      .map(({ applicationID }) => observed.application(applicationID))
      .filter((one) => one !== added && familyOf(one) === familyOf(added))
      .find((one) => requestsChange('Remove', policy, context, workspace, one));
  const waits = requesting.map((policy) => (isSequential(policy) ? replaced(policy) : undefined));
  const [first] = waits;
  return first === undefined || waits.includes(undefined)
    ? []
    : [
        {
          rule: 'ReplacementOrder',
          message: `${added.applicationID} replaces ${first.applicationID}, which is not removed`,
        },
      ];
}

function isSequential({ spec }: { readonly spec: PolicySpec }): boolean {
  return spec.rollout?.replacements === 'Sequential';
}

function familyOf({ name }: ApplicationFacts): string | undefined {
  return /Office|Visio|Project/.exec(name)?.[0];
}

import { type Mutation, without } from './mutation.ts';

/** Rules that src/plan implements. */
export const PLAN_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'An exception overrides every policy',
    scenario: 'Exceptions',
    file: 'plan/verdict.ts',
    from: 'if (excepted !== undefined) {',
    to: 'if (excepted !== undefined && policies.length === 0) {',
  },
  {
    rule: 'The highest priority decides',
    scenario: 'Priorities',
    file: 'plan/verdict.ts',
    from: 'policies.filter(({ priority }) => priority === highest)',
    to: 'policies.filter(({ priority }) => priority <= highest && policies !== required && policies !== allowed)',
  },
  {
    rule: 'A policy in audit mode does not affect what other policies do',
    scenario: 'Priorities',
    file: 'plan/applicablePolicies.ts',
    from: "(policy.enforcement === 'Audit' || other.enforcement !== 'Audit')",
    to: "other.enforcement !== 'Enforce'",
  },
  {
    rule: 'A deployment does not carry out unmanaged changes',
    scenario: 'UnmanagedChanges',
    file: 'plan/deployment.ts',
    from: '!ours.has(association.applicationID) &&',
    to: 'ours.size < 0 &&',
    also: [without('unmanagedChangesPending')],
  },
  {
    rule: 'A policy with manual deployments deploys nothing',
    scenario: 'ManualDeployment',
    file: 'plan/steps.ts',
    from: "deploy: deploy === 'Automatic' ? changes.filter(({ finding }) => !isRevert(finding)) : [],",
    to: 'deploy: deploy === undefined ? [] : changes,',
    also: [without('manualDeploy')],
  },
];

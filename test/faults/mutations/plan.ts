import { type Mutation, without } from './mutation.ts';

/** Rules that src/plan implements. */
export const PLAN_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'an exception beats everything',
    scenario: 'Exceptions',
    file: 'plan/verdict.ts',
    from: 'if (excepted !== undefined) {',
    to: 'if (excepted !== undefined && voters.length === 0) {',
  },
  {
    rule: 'the highest priority decides',
    scenario: 'Priorities',
    file: 'plan/verdict.ts',
    from: 'policies.filter(({ priority }) => priority === highest)',
    to: 'policies.filter(({ priority }) => priority <= highest && policies !== requiring && policies !== allowing)',
  },
  {
    rule: 'an Audit policy has no vote in what is done',
    scenario: 'Priorities',
    file: 'plan/verdict.ts',
    from: "(policy.enforcement === 'Audit' || other.enforcement !== 'Audit')",
    to: "other.enforcement !== 'Enforce'",
  },
  {
    rule: 'nothing is deployed that somebody else has begun',
    scenario: 'UnmanagedChanges',
    file: 'plan/deployment.ts',
    from: '!ours.has(association.applicationID) &&',
    to: 'ours.size < 0 &&',
    also: [without('unmanagedChangesPending')],
  },
  {
    rule: 'Manual leaves deployments to people',
    scenario: 'ManualDeployment',
    file: 'plan/steps.ts',
    from: "deploy: deploy === 'Automatic' ? changes : [],",
    to: 'deploy: deploy === undefined ? [] : changes,',
    also: [without('manualDeploy')],
  },
];

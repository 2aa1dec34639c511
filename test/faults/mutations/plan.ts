import { type Mutation, without } from './mutation.ts';

/** Rules that are kept by what is planned. */
export const IN_PLAN: readonly Mutation[] = [
  {
    rule: 'an exception beats everything',
    scenario: 'Excepted',
    file: 'plan/verdict.ts',
    from: 'if (excepted !== undefined) {',
    to: 'if (excepted !== undefined && policies.length === 0) {',
  },
  {
    rule: 'the highest priority decides',
    scenario: 'Votes',
    file: 'plan/verdict.ts',
    from: 'policies.filter(({ priority }) => priority === highest)',
    to: 'policies.filter(({ priority }) => priority <= highest && policies !== requiring && policies !== allowing)',
  },
  {
    rule: 'an Audit policy has no vote in what is done',
    scenario: 'Votes',
    file: 'plan/verdict.ts',
    from: "(policy.enforcement === 'Audit' || other.enforcement !== 'Audit')",
    to: "other.enforcement !== 'Enforce'",
  },
  {
    rule: 'nothing is deployed that somebody else has begun',
    scenario: 'OthersChanges',
    file: 'plan/deployment.ts',
    from: '!ours.has(association.applicationID) &&',
    to: 'ours.size < 0 &&',
    also: [without('unmanagedChangesPending')],
  },
  {
    rule: 'Manual leaves deployments to people',
    scenario: 'Manual',
    file: 'plan/steps.ts',
    from: "deploy: deploy === 'Automatic' ? changes : [],",
    to: 'deploy: deploy === undefined ? [] : changes,',
    also: [without('manualDeploy')],
  },
];

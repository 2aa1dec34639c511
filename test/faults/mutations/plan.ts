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
    rule: 'Nobody loses an application whose replacement AWS rejects',
    scenario: 'Replacements',
    file: 'plan/replacements.ts',
    from: 'const groups = groupsOf(removals, installations);',
    to: 'const groups = groupsOf(removals, []);',
    also: [
      {
        file: 'plan/replacements.ts',
        from: 'const missing = removals.length === 0 ? [] : missingApplications(workspace, inputs);',
        to: 'const missing: MissingApplication[] = [];',
      },
      {
        file: 'plan/partialReplacements.ts',
        from: "if (association.state !== 'PENDING_UNINSTALL_DEPLOYMENT' ||",
        to: 'if (snapshot !== undefined ||',
      },
    ],
  },
  {
    rule: 'A removal that waited for its replacement is recorded after a crash',
    scenario: 'ReplacementsByTwoPolicies',
    file: 'status/unconfirmedRemovals.ts',
    from: "  'ReplacementPending',\n",
    to: '',
  },
  {
    rule: 'Nobody loses an application whose replacement, which another policy requires, AWS rejects',
    scenario: 'ReplacementsByTwoPolicies',
    file: 'plan/replacedElsewhere.ts',
    from: 'if (replacements.length === 0) {',
    to: 'if (replacements.length >= 0) {',
    also: [
      {
        file: 'plan/partialReplacements.ts',
        from: "if (association.state !== 'PENDING_UNINSTALL_DEPLOYMENT' ||",
        to: 'if (snapshot !== undefined ||',
      },
    ],
  },
  {
    rule: 'A removal whose replacement AWS rejects is reverted',
    scenario: 'Replacements',
    file: 'plan/replacements.ts',
    from: "const isBegun = association.state === 'PENDING_UNINSTALL_DEPLOYMENT' &&",
    to: "const isBegun = association.state === 'REMOVED' &&",
  },
  {
    rule: 'A rejected replacement is tried again once a day',
    scenario: 'Replacements',
    file: 'plan/refusals.ts',
    from: 'return isFurther ? undefined : incompatibility(attempt);',
    to: 'return undefined;',
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

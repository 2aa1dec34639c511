import type { Mutation } from './mutation.ts';

/** Rules that are kept by the process around the runs. */
export const IN_OPERATOR: readonly Mutation[] = [
  {
    rule: 'a policy that is not valid stops no other',
    scenario: 'BrokenMidway',
    file: 'operator/policyStore.ts',
    from: 'if (error instanceof InvalidResourceError) {',
    to: 'if (error === undefined) {',
  },
  {
    rule: 'the time left on the leases is checked before each change',
    scenario: 'LeaseInDoubt',
    file: 'operator/ownership/ownedFleet.ts',
    from: 'return !this.#isReleasing && this.lease.mayAct && this.#scope?.lease?.mayAct === true;',
    to: 'return !this.#isReleasing;',
  },
  {
    rule: 'nothing is changed once the process is asked to stop',
    scenario: 'Stops',
    file: 'operator/policyReconciler.ts',
    from: 'mayAct: () => !stopping.aborted && mayAct()',
    to: 'mayAct: () => mayAct()',
    // The sender gives up what waits for its turn, too.
    also: [
      {
        file: 'aws/rateLimitedClient.ts',
        from: 'await wait(this.#options.signal);',
        to: 'await wait(new AbortController().signal);',
      },
    ],
  },
  {
    rule: 'what a policy allowed is protected from others for five minutes after it has ended',
    scenario: 'Renamed',
    file: 'operator/effectivePolicies.ts',
    from: 'if (before !== undefined && protectsLess(before, effective)) {',
    to: 'if (before !== undefined && effective === before) {',
  },
  {
    rule: 'nothing is changed without a word from the API server for three minutes',
    scenario: 'Deaf',
    file: 'operator/policyReconciler.ts',
    from: 'return clock.monotonic() - lastContactAt() < MAX_API_SILENCE_MS;',
    to: 'return clock.monotonic() - lastContactAt() < Number.POSITIVE_INFINITY;',
  },
  {
    rule: 'nothing is changed while the status can not be written',
    scenario: 'FailedRuns',
    file: 'operator/policyReconciler.ts',
    from: 'this.#hasRecentContact() && !statusCache.hasPendingWrite(key)',
    to: 'this.#hasRecentContact()',
    also: [
      {
        file: 'operator/policyReconciler.ts',
        from: 'if (!(await write(result.status))) {',
        to: 'if (!(await write(result.status).catch(() => true))) {',
      },
    ],
  },
  {
    rule: 'a fleet is for the namespaces that it admits',
    scenario: 'Admission',
    file: 'operator/fleetStore.ts',
    from: '(fleet.allowedNamespaces === undefined || (labels !== undefined && admitsNamespace(fleet, labels)))',
    to: '(labels === undefined || labels !== undefined)',
  },
  {
    rule: 'a policy with exceptions takes nothing away where its fleet forbids them',
    scenario: 'ForbiddenExceptions',
    file: 'operator/fleetBlocker.ts',
    from: 'if (usesForbiddenExceptions(policy, fleet.limits)) {',
    to: 'if (usesForbiddenExceptions(policy, fleet.limits) && policy.key === undefined) {',
    also: [
      { file: 'policy/workspaceFleet.ts', from: '? { ...protectionsOnly(policy), exceptions: [] }', to: '? policy' },
    ],
  },
  {
    rule: 'what failed is tried again until it is done',
    scenario: 'FailedRuns',
    file: 'operator/worker.ts',
    from: 'queue.addRateLimited(key);',
    to: '',
  },
  {
    rule: 'a limit that is set in the middle of a run holds for it',
    scenario: 'LimitedMidway',
    file: 'operator/policyReconciler.ts',
    from: 'runtime?.context?.limits === context.limits',
    to: 'runtime?.context !== undefined',
  },
  {
    rule: 'a status that was given up has shown nothing',
    scenario: 'BrokenMidway',
    file: 'operator/policyReconciler.ts',
    from: 'if (!(await write(result.status))) {',
    to: 'if (!(await write(result.status)) && policy.key === undefined) {',
  },
  {
    rule: 'what was already shown is shown anew after a fleet has refused the policy',
    scenario: 'Admission',
    file: 'operator/policyReconciler.ts',
    from: 'this.#states.delete(key);\n      return report(notPermittedStatus',
    to: 'return report(notPermittedStatus',
  },
  {
    rule: 'each edit that protects less leaves its own five minutes of protection',
    scenario: 'Renamed',
    file: 'operator/effectivePolicies.ts',
    from: 'this.#lingering.set(key, [...others, protection]);',
    to: 'this.#lingering.set(key, others.length < 0 ? [] : [protection]);',
  },
  {
    rule: 'a fleet whose account is another than expected is left alone',
    scenario: 'Accounts',
    file: 'operator/fleetRuntime.ts',
    from: 'const isExpected = expectedAccountID === undefined || identity.accountID === expectedAccountID;',
    to: 'const isExpected = expectedAccountID === undefined || identity.accountID !== undefined;',
  },
];

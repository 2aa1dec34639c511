import type { Mutation } from './mutation.ts';

/** Rules that src/operator implements. */
export const OPERATOR_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'An invalid policy does not block other policies',
    scenario: 'InvalidDuringRun',
    file: 'operator/policyStore.ts',
    from: 'if (error instanceof InvalidResourceError) {',
    to: 'if (error === undefined) {',
  },
  {
    rule: 'The remaining time of the leases is checked before each change',
    scenario: 'LeaseRenewalFails',
    file: 'operator/ownership/ownedFleet.ts',
    from: 'return !this.#isReleasing && this.lease.mayAct && this.#scope?.lease?.mayAct === true && this.#cluster.mayAct;',
    to: 'return !this.#isReleasing;',
  },
  {
    rule: 'A stopping process makes no change',
    scenario: 'StoppedDuringRun',
    file: 'operator/policyReconciler.ts',
    from: 'mayAct: () => !stopping.aborted && mayAct()',
    to: 'mayAct: () => mayAct()',
    // The rate-limited client also cancels calls that wait for their turn.
    also: [
      {
        file: 'aws/rateLimitedClient.ts',
        from: 'await wait(this.#signalOf(signal));',
        to: 'await wait(new AbortController().signal);',
      },
    ],
  },
  {
    rule: 'An application that a policy allowed is protected for five minutes after the policy ends',
    scenario: 'ProtectionEnds',
    file: 'operator/effectivePolicies.ts',
    from: 'if (before !== undefined && protectsLess(before, effective)) {',
    to: 'if (before !== undefined && effective === before) {',
  },
  {
    rule: 'No change is made after three minutes without contact to the API server',
    scenario: 'SilentWatches',
    file: 'operator/policyReconciler.ts',
    from: 'return clock.monotonic() - lastContactAt() < MAX_API_SILENCE_MS;',
    to: 'return clock.monotonic() - lastContactAt() < Number.POSITIVE_INFINITY;',
  },
  {
    rule: 'No change is made while the status cannot be written',
    scenario: 'RunsFail',
    file: 'operator/policyReconciler.ts',
    from: 'this.#hasRecentContact() && !statusCache.hasPendingWrite(key)',
    to: 'this.#hasRecentContact()',
    also: [
      {
        file: 'operator/policyReconciler.ts',
        from: 'this.#statusWriter.write(() => statusCache.write(object, status, mayWrite), waits, log);',
        to: 'this.#statusWriter.write(() => statusCache.write(object, status, mayWrite).catch(() => true), waits, log);',
      },
    ],
  },
  {
    rule: 'A fleet applies only to the namespaces that it admits',
    scenario: 'NamespaceAdmission',
    file: 'operator/fleetStore.ts',
    from: '(fleet.allowedNamespaces === undefined || (labels !== undefined && admitsNamespace(fleet, labels)))',
    to: '(labels === undefined || labels !== undefined)',
  },
  {
    rule: 'A policy without a fleet makes no change unless the installation names its namespace',
    scenario: 'PolicyWithoutFleet',
    file: 'operator/fleetStore.ts',
    from: 'this.#ambient?.serves(namespace)',
    to: 'this.#ambient !== undefined',
  },
  {
    rule: 'A policy with exceptions makes no change if its fleet forbids exceptions',
    scenario: 'ForbiddenExceptions',
    file: 'operator/fleetBlocker.ts',
    from: 'if (usesForbiddenExceptions(policy, fleet.limits)) {',
    to: 'if (usesForbiddenExceptions(policy, fleet.limits) && policy.key === undefined) {',
    also: [
      { file: 'policy/workspaceFleet.ts', from: '? { ...protectionsOnly(policy), exceptions: [] }', to: '? policy' },
    ],
  },
  {
    rule: 'A failed run is retried until it succeeds',
    scenario: 'RunsFail',
    file: 'operator/worker.ts',
    from: 'queue.addRateLimited(key, retryDelay(0) === undefined ? undefined : (failures) => retryDelay(failures) ?? 0);',
    to: '',
  },
  {
    rule: 'A limit that is set during a run applies to that run',
    scenario: 'LimitSetDuringRun',
    file: 'operator/policyReconciler.ts',
    from: 'runtime?.context?.limits === context.limits',
    to: 'runtime?.context !== undefined',
    // A new limit also makes the plans of the fleet's policies outdated.
    also: [{ file: 'operator/effectivePolicies.ts', from: 'this.#limited.add(before.policy);', to: '' }],
  },
  {
    rule: 'A status that was not written has shown nothing',
    scenario: 'InvalidDuringRun',
    file: 'operator/policyReconciler.ts',
    from: 'if (!(await write(result.status))) {',
    to: 'if (!(await write(result.status)) && policy.key === undefined) {',
    // The edits of the scenario start the grace period again.
    also: [{ file: 'history/gracePeriod.ts', from: ' && generation === policy.generation', to: '' }],
  },
  {
    rule: 'The status shows all changes again after the fleet has rejected the policy',
    scenario: 'NamespaceAdmission',
    file: 'operator/policyReconciler.ts',
    from: 'this.#states.forgetRun(key);\n      return report(notPermittedStatus',
    to: 'return report(notPermittedStatus',
  },
  {
    rule: 'Each edit that protects less starts its own five minutes of protection',
    scenario: 'ProtectionEnds',
    file: 'operator/effectivePolicies.ts',
    from: 'this.#lingering.set(key, [...others, protection]);',
    to: 'this.#lingering.set(key, others.length < 0 ? [] : [protection]);',
  },
  {
    rule: 'A fleet with an unexpected account does not change',
    scenario: 'UnexpectedAccount',
    file: 'operator/fleetRuntime.ts',
    from: 'if (expectedAccountID !== undefined && expectedAccountID !== accountID) {',
    to: 'if (expectedAccountID !== undefined && accountID === undefined) {',
  },
];

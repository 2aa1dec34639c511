import type { Mutation } from './mutation.ts';

/** Rules that are kept by the process around the runs. */
export const IN_OPERATOR: readonly Mutation[] = [
  {
    rule: 'a policy that is not valid stops no other',
    story: 'BrokenMidway',
    file: 'operator/policyBook.ts',
    from: 'if (error instanceof InvalidResourceError) {',
    to: 'if (error === undefined) {',
  },
  {
    rule: 'the time left on the leases is checked before each change',
    story: 'LeaseInDoubt',
    file: 'operator/ownership/tenure.ts',
    from: 'return !this.#isEnding && this.lease.mayAct && this.#place?.lease?.mayAct === true;',
    to: 'return !this.#isEnding;',
  },
  {
    rule: 'nothing is changed once the process is asked to stop',
    story: 'Stops',
    file: 'operator/policyRuns.ts',
    from: 'mayAct: () => !stopping.aborted && mayAct()',
    to: 'mayAct: () => mayAct()',
    // The sender gives up what waits for its turn, too.
    also: [
      {
        file: 'aws/sender.ts',
        from: 'await wait(this.#options.signal);',
        to: 'await wait(new AbortController().signal);',
      },
    ],
  },
  {
    rule: 'what a policy allowed is protected from others for five minutes after it has ended',
    story: 'Renamed',
    file: 'operator/voices.ts',
    from: 'if (before !== undefined && protectsLess(before, voice)) {',
    to: 'if (before !== undefined && voice === before) {',
  },
  {
    rule: 'nothing is changed without a word from the API server for three minutes',
    story: 'Deaf',
    file: 'operator/policyRuns.ts',
    from: 'return clock.monotonic() - heardAt() < IN_TOUCH;',
    to: 'return clock.monotonic() - heardAt() < Number.POSITIVE_INFINITY;',
  },
  {
    rule: 'nothing is changed while the status can not be written',
    story: 'FailedRuns',
    file: 'operator/policyRuns.ts',
    from: 'this.#isInTouch() && !statuses.isUnwritten(key)',
    to: 'this.#isInTouch()',
    also: [
      {
        file: 'operator/policyRuns.ts',
        from: 'if (!(await write(result.status))) {',
        to: 'if (!(await write(result.status).catch(() => true))) {',
      },
    ],
  },
  {
    rule: 'a fleet is for the namespaces that it admits',
    story: 'Admission',
    file: 'operator/fleetBook.ts',
    from: '(fleet.allowedNamespaces === undefined || (labels !== undefined && admitsNamespace(fleet, labels)))',
    to: '(labels === undefined || labels !== undefined)',
  },
  {
    rule: 'a policy with exceptions takes nothing away where its fleet forbids them',
    story: 'ForbiddenExceptions',
    file: 'operator/fleetTrouble.ts',
    from: 'if (isForbidden(policy, fleet.terms)) {',
    to: 'if (isForbidden(policy, fleet.terms) && policy.key === undefined) {',
    also: [
      { file: 'policy/workspaceFleet.ts', from: '? { ...withoutDemands(policy), exceptions: [] }', to: '? policy' },
    ],
  },
  {
    rule: 'what failed is tried again until it is done',
    story: 'FailedRuns',
    file: 'operator/work.ts',
    from: 'queue.addRateLimited(key);',
    to: '',
  },
  {
    rule: 'a limit that is set in the middle of a run holds for it',
    story: 'LimitedMidway',
    file: 'operator/policyRuns.ts',
    from: 'operated?.context?.terms === context.terms',
    to: 'operated?.context !== undefined',
  },
  {
    rule: 'a status that was given up has shown nothing',
    story: 'BrokenMidway',
    file: 'operator/policyRuns.ts',
    from: 'if (!(await write(result.status))) {',
    to: 'if (!(await write(result.status)) && policy.key === undefined) {',
  },
  {
    rule: 'what was already shown is shown anew after a fleet has refused the policy',
    story: 'Admission',
    file: 'operator/policyRuns.ts',
    from: 'this.#memories.delete(key);\n      const status = refusedStatus',
    to: 'const status = refusedStatus',
  },
  {
    rule: 'each edit that protects less leaves its own five minutes of protection',
    story: 'Renamed',
    file: 'operator/voices.ts',
    from: 'this.#ended.set(key, [...others, ended]);',
    to: 'this.#ended.set(key, others.length < 0 ? [] : [ended]);',
  },
  {
    rule: 'a fleet whose account is another than expected is left alone',
    story: 'Accounts',
    file: 'operator/operatedFleet.ts',
    from: 'const isExpected = expectedAccountID === undefined || identity.accountID === expectedAccountID;',
    to: 'const isExpected = expectedAccountID === undefined || identity.accountID !== undefined;',
  },
];

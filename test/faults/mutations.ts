import type { StoryName } from './stories/index.ts';

/** One rule switched off, in the source text, as it is loaded into a test's own process. */
export interface Mutation {
  /** The rule, in the words of docs/reliability.md. */
  readonly rule: string;
  /** The story that is aimed at it; undefined: any schedule may catch it. */
  readonly story?: StoryName;
  /** Of src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Further places where the same rule is kept: the plan and the fresh look before each change. */
  readonly also?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

const HOLDS = 'plan/holds/index.ts';
const without = (hold: string) => ({ file: HOLDS, from: `  ${hold},\n`, to: '' });
const LOOK = 'execute/look.ts';

export const MUTATIONS: readonly Mutation[] = [
  {
    rule: 'a page that failed is not the end of a listing',
    story: 'FailedPages',
    file: 'aws/fleet.ts',
    from: 'token = await this.#sender.send(request, this.#readPriority);',
    to: 'token = await this.#sender.send(request, this.#readPriority).catch(() => undefined);',
  },
  {
    rule: 'changes of one WorkSpace never overlap',
    story: 'Overlap',
    file: 'execute/execute.ts',
    from: 'await context.workspaces.run(steps.workspace.workspaceId, () => executeOnWorkspace(steps, context, outcome));',
    to: 'await executeOnWorkspace(steps, context, outcome);',
  },
  {
    rule: 'the time left on the leases is checked before each change',
    story: 'LeaseInDoubt',
    file: 'operator/ownership/tenure.ts',
    from: 'return !this.#isEnding && this.lease.mayAct && this.#place?.lease?.mayAct === true;',
    to: 'return !this.#isEnding;',
  },
  {
    rule: 'a change is not sent once a policy has changed',
    story: 'Suspended',
    file: 'reconcile.ts',
    from: 'stands: () => context.mayAct() && context.policiesConcerning(policy) === policies,',
    to: 'stands: () => context.mayAct(),',
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
    rule: 'each change is preceded by a fresh read',
    story: 'LaggingReads',
    file: 'fleet/fresh.ts',
    from: 'const associations = await fleet.describeWorkspaceAssociations(workspaceId);',
    to: 'const associations = ((globalThis as any).readBefore ??= new Map()).get(workspaceId) ?? (await fleet.describeWorkspaceAssociations(workspaceId)); (globalThis as any).readBefore.set(workspaceId, associations);',
  },
  {
    rule: 'what a read rests on is a minute old at most',
    story: 'SlowReads',
    file: 'execute/context.ts',
    from: 'return () => stands() && clock.monotonic() - readFrom < FRESH;',
    to: 'return () => stands();',
  },
  {
    rule: 'after a lost answer it is read before anything is sent again',
    story: 'LostAnswers',
    file: 'aws/sender.ts',
    from: "return failure.kind === 'Unavailable' && !isChange(subject) ? UNANSWERED_ATTEMPTS : 1;",
    to: "return failure.kind === 'Unavailable' ? UNANSWERED_ATTEMPTS : 1;",
  },
  {
    rule: 'a change is not sent again while reads lag behind it',
    story: 'LaggingReads',
    file: 'execute/settling.ts',
    from: 'sent !== undefined &&',
    to: 'false && sent !== undefined &&',
  },
  { rule: 'over maxAffectedWorkspaces nothing is done', story: 'FailedPages', ...without('safeguardExceeded') },
  { rule: 'what was removed three times within a day is left alone', story: 'ComesBack', ...without('flapping') },
  {
    rule: 'a restart does not forget what was removed',
    story: 'ComesBack',
    file: 'status/memory.ts',
    from: 'for (const { pair, times } of removalsIn(previous?.recentRemovals)) {',
    to: 'for (const { pair, times } of removalsIn([])) {',
  },
  {
    rule: 'what a policy allowed is protected from others for five minutes after it has ended',
    story: 'Renamed',
    file: 'operator/voices.ts',
    from: 'if (before !== undefined && protectsLess(before, voice)) {',
    to: 'if (before !== undefined && voice === before) {',
  },
  {
    rule: 'a WorkSpace with the tag is left alone',
    story: 'EmptyBodies',
    ...without('protectedByTag'),
    also: [
      {
        file: LOOK,
        from: 'if (workspace !== undefined && isProtected(workspace)) {',
        to: 'if (workspace === undefined) {',
      },
    ],
  },
  { rule: 'Audit only reports', story: 'Audits', ...without('audit') },
  { rule: 'a suspended policy changes nothing', story: 'Suspended', ...without('suspended') },
  { rule: 'Approve waits for a person', story: 'Audits', ...without('awaitingApproval') },
  {
    rule: 'a frozen fleet is left alone',
    story: 'Frozen',
    ...without('fleetFrozen'),
    also: [{ file: 'operator/policyRuns.ts', from: ' && !operated.isFrozen', to: '' }],
  },
  {
    rule: 'what policies contradict each other about is left alone',
    story: 'Contradiction',
    ...without('conflict'),
    also: [{ file: 'plan/plan.ts', from: " && verdict !== 'Conflict'", to: '' }],
  },
  {
    rule: 'an exception beats everything',
    story: 'Excepted',
    file: 'plan/verdict.ts',
    from: 'if (excepted !== undefined) {',
    to: 'if (excepted !== undefined && voters.length === 0) {',
  },
  {
    rule: 'the highest priority decides',
    story: 'Votes',
    file: 'plan/verdict.ts',
    from: 'policies.filter(({ priority }) => priority === highest)',
    to: 'policies.filter(({ priority }) => priority <= highest && policies !== requiring && policies !== allowing)',
  },
  {
    rule: 'an Audit policy has no vote in what is done',
    story: 'Votes',
    file: 'plan/verdict.ts',
    from: "(policy.enforcement === 'Audit' || other.enforcement !== 'Audit')",
    to: "other.enforcement !== 'Enforce'",
  },
  { rule: 'changes wait for a maintenance window', story: 'Windows', ...without('outsideMaintenanceWindow') },
  { rule: 'no more than maxInProgress WorkSpaces change at once', story: 'OneAtATime', ...without('budgetExhausted') },
  {
    rule: 'no more than maxDisassociationsPerHour',
    story: 'Hourly',
    ...without('hourlyLimitReached'),
    also: [
      {
        file: 'execute/hourlyDisassociations.ts',
        from: 'const allowed = Math.min(wanted, this.left(now));',
        to: 'const allowed = wanted;',
      },
    ],
  },
  {
    rule: 'nothing is deployed that somebody else has begun',
    story: 'OthersChanges',
    file: 'plan/deployment.ts',
    from: '!ours.has(association.applicationId) &&',
    to: 'ours.size < 0 &&',
    also: [without('othersPendingChanges')],
  },
  {
    rule: 'no session of a user is ended',
    story: 'Sessions',
    ...without('userConnected'),
    also: [
      {
        file: LOOK,
        from: 'endsSessions(context) && mayBeConnected(workspace)',
        to: 'endsSessions(context) && workspace.workspaceId === undefined',
      },
    ],
  },
  {
    rule: 'a WorkSpace that is not ready is left alone',
    story: 'Unready',
    ...without('workspaceNotReady'),
    also: [{ file: LOOK, from: 'return isDeployable(workspace?.state)', to: 'return workspace !== undefined' }],
  },
  { rule: 'what could not be installed again stays', story: 'Irreversible', ...without('uninstallOnly') },
  {
    rule: 'Manual leaves deployments to people',
    story: 'Manual',
    file: 'plan/steps.ts',
    from: "deploy: deploy === 'Automatic' ? changes : [],",
    to: 'deploy: deploy === undefined ? [] : changes,',
    also: [without('manualDeploy')],
  },
  {
    rule: 'a change has been shown by the status before it is made',
    story: 'Overlap',
    file: 'execute/shown.ts',
    from: 'const isShown = (at = Number.POSITIVE_INFINITY) => at <= since;',
    to: 'const isShown = (at = Number.POSITIVE_INFINITY) => at <= since || at > since;',
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
    rule: 'a policy reaches no further than its fleet',
    story: 'Boundary',
    file: 'policy/workspaceFleet.ts',
    from: 'return directoryIds === undefined\n',
    to: 'return directoryIds !== null\n',
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
    rule: 'a removal that a process did not live to tell is counted',
    story: 'ComesBack',
    file: 'reconcile.ts',
    from: 'countAnnounced(memory.announced,',
    to: 'countAnnounced([],',
  },
  {
    rule: 'what has come back is shown anew before it is removed again',
    story: 'ComesBackMidway',
    file: 'execute/shown.ts',
    from: 'return known?.hasBegun === true && isToBegin(finding) ? undefined : known;',
    to: 'return known;',
  },
  {
    rule: 'what was removed counts, although the fleet did not admit the policy meanwhile',
    story: 'ComesBackAdmitted',
    file: 'status/unevaluated.ts',
    from: '...(recentRemovals !== undefined && { recentRemovals }),',
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
    rule: 'for how long a change was shown is told by a clock that nobody sets',
    story: 'ClockSet',
    file: 'reconcile.ts',
    from: 'memory.shown, clock.monotonic() - showFor)',
    to: 'memory.shown, clock.now().getTime() - showFor)',
    also: [
      {
        file: 'reconcile.ts',
        from: 'showChanges(left, memory.shown, clock.monotonic())',
        to: 'showChanges(left, memory.shown, now.getTime())',
      },
    ],
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
    rule: 'one WorkSpace on which nothing can be changed stops no other',
    story: 'Refused',
    file: 'execute/context.ts',
    from: 'if (!(error instanceof FleetError)) {',
    to: 'if (error !== undefined) {',
  },
  { rule: 'what AWS refuses for good is not asked again', story: 'Refused', ...without('refused') },
  { rule: 'what failed is tried again later, not at once', story: 'Refused', ...without('backingOff') },
  {
    rule: 'a policy that requires nobody knows which application does nothing',
    story: 'Names',
    ...without('ambiguousApplication'),
  },
  {
    rule: 'a name is no regular expression',
    story: 'Names',
    file: 'policy/glob.ts',
    from: 'const wanted = [...pattern];',
    to: "if (new RegExp('^' + pattern.replaceAll('*', '.*') + '$').test(text)) return true;\n  const wanted = [...pattern];",
  },
  {
    rule: 'a fleet whose account is another than expected is left alone',
    story: 'Accounts',
    file: 'operator/operatedFleet.ts',
    from: 'const isExpected = expectedAccountID === undefined || identity.accountID === expectedAccountID;',
    to: 'const isExpected = expectedAccountID === undefined || identity.accountID !== undefined;',
  },
  {
    rule: 'shares round down',
    story: 'Shares',
    file: 'policy/share.ts',
    from: 'Math.floor((total * share.percent) / 100)',
    to: 'Math.ceil((total * share.percent) / 100)',
  },
  {
    rule: 'an empty answer that is not from AWS tells nothing',
    story: 'EmptyBodies',
    file: 'aws/mapping.ts',
    from: '(Object($metadata) as Item).requestId === undefined',
    to: "(Object($metadata) as Item).requestId === ''",
  },
];

import type { Call } from '../../../src/simulator/callLog.ts';
import type { SentCall } from '../cloud/traffic.ts';
import { PERMANENT_ERRORS } from '../faults.ts';
import { millisecondsOf } from '../manifests.ts';
import { type Attempt, MAX_RUN_MS, type ObservedState } from '../observedState.ts';
import { requestsChange } from '../policyContext.ts';
import type { SimulatedProcess } from '../process.ts';
import { MINUTE } from '../schedule.ts';
import type { UntimedViolation } from '../violation.ts';

/** A day, minus the maximum time between counting a removal and sending it. */
const DAY_MS = 24 * 60 * MINUTE - 2 * MINUTE;
const MIN_REPEAT_MS = MINUTE;
/** Errors of AWS for a change that is already made or in progress. */
const REPETITION_ERRORS: ReadonlySet<string> = new Set([
  'ResourceInUseException',
  'ResourceAlreadyExistsException',
  'ResourceNotFoundException',
  'InvalidParameterValuesException',
]);
const ASSOCIATE = 'AssociateWorkspaceApplication';
const INCOMPATIBLE_APPLICATIONS = 'IncompatibleApplicationsException';
interface AppliedChange {
  readonly at: number;
  /** What the change was based on. */
  readonly basis: string;
}
interface FailedChange extends Pick<AppliedChange, 'basis'> {
  readonly times: readonly number[];
  readonly isFinal: boolean;
  readonly error?: string | undefined;
}

/** Rules against repeating a change: immediately, within an hour, or within a day. */
export class Repetition {
  /** Associations that were removed three times within a day. They are held for the rest of the day. */
  readonly flapping = new Set<string>();
  readonly #observed: ObservedState;
  readonly #removals = new Map<string, { readonly at: number; readonly requestedBy: Set<string> }[]>();
  readonly #disassociations: number[] = [];
  readonly #done = new WeakMap<SimulatedProcess, Map<string, AppliedChange>>();
  readonly #changeFailed = new WeakMap<SimulatedProcess, Map<string, FailedChange>>();

  constructor(observed: ObservedState) {
    this.#observed = observed;
  }

  callSent(sent: SentCall, attempt: Attempt): UntimedViolation[] {
    const now = this.#observed.time.elapsed;
    const what = changeOf(sent);
    const basis = basisOf(sent, attempt);
    const done = this.#done.get(sent.process)?.get(what);
    const changeFailed = this.#changeFailed.get(sent.process)?.get(what);
    const violations: UntimedViolation[] = [];
    if (done !== undefined && done.basis === basis && now - done.at < MIN_REPEAT_MS) {
      violations.push({
        rule: 'RepeatedChange',
        message: `the same change was made ${now - done.at} ms ago, based on the same state`,
      });
    }
    // Each policy that requests the change has its own retries.
    const requesting = this.#requestingPolicies(sent, attempt).length;
    const isRejected = changeFailed?.isFinal === true && changeFailed.basis === basis;
    // An association that a truncated list omitted appears again, so the operator considers it new.
    const isKnown = !this.#observed.faults.wasActive('TruncatedPages', 5 * MINUTE);
    if (isRejected && isKnown && changeFailed.times.length >= requesting) {
      violations.push({
        rule: 'RejectedChange',
        message: 'AWS has rejected the change permanently, and nothing has changed since',
      });
    }
    const wait = this.#backoff(attempt);
    // The operator tries a change again when another person changes the applications of the WorkSpace.
    const isUnchangedSince = (at: number) =>
      !this.#observed.wasChangedByOthers(String(sent.input.WorkspaceId), now - at);
    const recentFailures =
      changeFailed?.basis === basis && !changeFailed.isFinal
        ? changeFailed.times.filter((at) => now - at < wait && isUnchangedSince(at))
        : [];
    if (recentFailures.length > 0 && recentFailures.length >= requesting) {
      const last = now - (recentFailures.at(-1) ?? now);
      violations.push({
        rule: 'IgnoredBackoff',
        message: `the change failed ${last} ms ago, and the backoff is ${wait} ms`,
      });
    }
    return violations;
  }

  changeApplied(sent: SentCall, attempt: Attempt | undefined, wasFailed: boolean): UntimedViolation[] {
    const now = this.#observed.time.elapsed;
    const { process, operation } = sent;
    this.#changeFailed.get(process)?.delete(changeOf(sent));
    if (operation === 'DisassociateWorkspaceApplication') {
      this.#forgetIncompatible(sent);
    }
    if (attempt !== undefined) {
      of(this.#done, process).set(changeOf(sent), { at: now, basis: basisOf(sent, attempt) });
    }
    if (operation !== 'DisassociateWorkspaceApplication' || attempt?.isRevert === true) {
      return [];
    }
    this.#disassociations.push(now);
    const flapping = wasFailed ? [] : this.#flappingViolations(sent, attempt);
    return [...flapping, ...this.#hourlyQuotaViolations(attempt)];
  }

  changeRejected(sent: SentCall, call: Call, attempt: Attempt | undefined): UntimedViolation[] {
    const { input } = sent;
    const { faults } = this.#observed;
    const error = call.error ?? '';
    if (error !== 'ThrottlingException') {
      this.#observed.rejectedAt.set(String(input.WorkspaceId), this.#observed.time.elapsed);
    }
    if (call.fault !== undefined || PERMANENT_ERRORS.has(error)) {
      this.#recordFailure(sent, attempt, PERMANENT_ERRORS.has(error), error);
    }
    const isExpected =
      this.#observed.wasChangedByOthers(String(input.WorkspaceId), 2 * MAX_RUN_MS) ||
      faults.wasActive('StaleReads', 2 * MAX_RUN_MS) ||
      faults.wasActive('DeploymentsRejected', 2 * MAX_RUN_MS);
    return !isExpected && REPETITION_ERRORS.has(error)
      ? [
          {
            rule: 'RepeatedChange',
            message: `the change is already made or in progress: ${error} ${call.message}`,
          },
        ]
      : [];
  }

  changeFailed(sent: SentCall, attempt: Attempt | undefined): void {
    this.#recordFailure(sent, attempt, false);
  }

  /** Permits another attempt at installations that AWS rejected because of another application, which is disassociated. */
  #forgetIncompatible({ process, input }: SentCall): void {
    const all = this.#changeFailed.get(process) ?? new Map<string, FailedChange>();
    for (const [change, { error }] of all) {
      if (error === INCOMPATIBLE_APPLICATIONS && change.startsWith(`${ASSOCIATE} ${input.WorkspaceId} `)) {
        all.delete(change);
      }
    }
  }

  #recordFailure(sent: SentCall, attempt: Attempt | undefined, isFinal: boolean, error?: string): void {
    if (attempt !== undefined) {
      const all = of(this.#changeFailed, sent.process);
      const basis = basisOf(sent, attempt);
      const before = all.get(changeOf(sent));
      const times = [...(before?.basis === basis ? before.times : []), this.#observed.time.elapsed];
      all.set(changeOf(sent), { times, basis, isFinal, error });
    }
  }

  /** Returns the shortest backoff of all policies, with 1 s of tolerance (ms). */
  #backoff({ ledger }: Attempt): number {
    const waits = ledger.policies().map(({ spec: { retry } }) => millisecondsOf(retry?.backoff?.duration ?? '30s'));
    return Math.min(...waits) - 1_000;
  }

  /**
   * Forgets the removals of a policy that no process may know. Only the status of the policy kept them.
   *
   * @param isListed whether the last status that showed the WorkSpaces of the policy listed a removal. Defaults to none
   */
  recordsLost(key: string, isListed: (pair: string, at: number) => boolean = () => false): void {
    for (const [pair, removals] of this.#removals) {
      this.#removals.set(
        pair,
        removals.filter(({ at, requestedBy }) => !requestedBy.has(key) || isListed(pair, at)),
      );
    }
  }

  #flappingViolations(sent: SentCall, attempt: Attempt | undefined): UntimedViolation[] {
    const now = this.#observed.time.elapsed;
    const pair = `${sent.input.WorkspaceId} ${sent.input.ApplicationId}`;
    const requestedBy = new Set(attempt === undefined ? [] : this.#requestingPolicies(sent, attempt));
    const removals = [...(this.#removals.get(pair) ?? []), { at: now, requestedBy }].filter(
      ({ at }) => now - at < DAY_MS,
    );
    this.#removals.set(pair, removals);
    if (removals.length >= 3) {
      this.flapping.add(pair);
    }
    return removals.length > 3 && !this.#observed.faults.wasActive('ClockJump', DAY_MS)
      ? [{ rule: 'FlappingRemoval', message: `the application was removed ${removals.length} times within a day` }]
      : [];
  }

  /**
   * Returns the keys of the policies that request a change of an association. For a deployment, returns all
   * policies.
   */
  #requestingPolicies({ operation, input }: SentCall, { ledger, context, workspace }: Attempt): string[] {
    const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
    const application = this.#observed.application(String(input.ApplicationId));
    return ledger
      .policies()
      .filter((one) => input.ApplicationId === undefined || requestsChange(goal, one, context, workspace, application))
      .map(({ key }) => key);
  }

  #hourlyQuotaViolations(attempt: Attempt | undefined): UntimedViolation[] {
    const { time, faults } = this.#observed;
    // A call that was sent before the process received the quota can't follow it.
    const limit = attempt?.context.fleet?.maxDisassociationsPerHour;
    // The quota counts a disassociation when a run reserves it, up to one run before it is sent.
    const count = this.#disassociations.filter((at) => time.elapsed - at < 60 * MINUTE - MAX_RUN_MS).length;
    // An outdated status of a fleet counts too few. A real API server returns such lists only on request.
    const isExpected = (['ClockJump', 'StaleLists'] as const).some((kind) => faults.wasActive(kind, 120 * MINUTE));
    return limit !== undefined && count > limit && !isExpected
      ? [{ rule: 'HourlyQuota', message: `${count} disassociations within an hour exceed the quota of ${limit}` }]
      : [];
  }
}

function of<T>(all: WeakMap<SimulatedProcess, Map<string, T>>, process: SimulatedProcess): Map<string, T> {
  const known = all.get(process) ?? new Map<string, T>();
  all.set(process, known);
  return known;
}

function changeOf({ operation, input }: SentCall): string {
  return `${operation} ${input.WorkspaceId} ${input.ApplicationId ?? ''}`;
}

/**
 * Returns everything that a change is based on: the associations and state that the process has read, and its
 * policies.
 */
function basisOf({ input }: SentCall, { known, ledger }: Attempt): string {
  const found = known.associations?.value ?? [];
  const concerned =
    input.ApplicationId === undefined ? found : found.filter((one) => one.applicationID === input.ApplicationId);
  return JSON.stringify([
    concerned,
    known.state?.value,
    ledger.policies().map(({ key, learnedAt }) => [key, learnedAt]),
  ]);
}

import type { Call } from '../../../src/simulator/callLog.ts';
import type { Sent } from '../cloud/traffic.ts';
import { millisecondsOf } from '../manifests.ts';
import { type Attempt, type ObservedState, RUN, type RuleViolation } from '../observedState.ts';
import type { SimulatedProcess } from '../process.ts';
import { asksFor } from '../rules.ts';

const MINUTE = 60_000;
/** A removal counts from before it was sent: a day, but for as long as that takes. */
const DAY = 24 * 60 * MINUTE - 2 * MINUTE;
const SETTLING = MINUTE;
/** Answers that say that what was asked for is so, or under way, already. */
const REPEATS: ReadonlySet<string> = new Set([
  'ResourceInUseException',
  'ResourceAlreadyExistsException',
  'ResourceNotFoundException',
  'InvalidParameterValuesException',
]);
/** Answers that will be the same as long as nothing changes. */
const FINAL: ReadonlySet<string> = new Set(['OperationNotSupportedException']);
interface Done {
  readonly at: number;
  /** What the process was told before. */
  readonly rested: string;
}
interface Failed extends Pick<Done, 'rested'> {
  readonly times: readonly number[];
  readonly isFinal: boolean;
}

/** What must not be done again: at once, within an hour, or a day. */
export class Repetition {
  /** Associations that were removed three times within a day, and are left alone for the rest of it. */
  readonly flapping = new Set<string>();
  readonly #observed: ObservedState;
  readonly #removals = new Map<string, { readonly at: number; readonly askedBy: Set<string> }[]>();
  readonly #disassociations: number[] = [];
  readonly #done = new WeakMap<SimulatedProcess, Map<string, Done>>();
  readonly #failed = new WeakMap<SimulatedProcess, Map<string, Failed>>();

  constructor(observed: ObservedState) {
    this.#observed = observed;
  }

  sending(sent: Sent, attempt: Attempt): RuleViolation[] {
    const now = this.#observed.time.elapsed;
    const what = changeOf(sent);
    const rested = restedOn(sent, attempt);
    const done = this.#done.get(sent.process)?.get(what);
    const failed = this.#failed.get(sent.process)?.get(what);
    const violations: RuleViolation[] = [];
    if (done !== undefined && done.rested === rested && now - done.at < SETTLING) {
      violations.push({ rule: 'SentOnce', message: `it was done ${now - done.at} ms ago, for the same state` });
    }
    if (failed?.isFinal === true && failed.rested === rested) {
      violations.push({ rule: 'Refused', message: 'AWS refuses it as long as nothing changes, and nothing has' });
    }
    const wait = this.#backoff(attempt);
    const lately = failed?.rested === rested && !failed.isFinal ? failed.times.filter((at) => now - at < wait) : [];
    // Each policy that asks for it has a try of its own.
    if (lately.length > 0 && lately.length >= this.#asking(sent, attempt).length) {
      const last = now - (lately.at(-1) ?? now);
      violations.push({ rule: 'Backoff', message: `it failed ${last} ms ago, and ${wait} ms are to be waited` });
    }
    return violations;
  }

  carriedOut(sent: Sent, attempt: Attempt | undefined, wasFailed: boolean): RuleViolation[] {
    const now = this.#observed.time.elapsed;
    const { process, operation } = sent;
    this.#failed.get(process)?.delete(changeOf(sent));
    if (attempt !== undefined) {
      of(this.#done, process).set(changeOf(sent), { at: now, rested: restedOn(sent, attempt) });
    }
    if (operation !== 'DisassociateWorkspaceApplication') {
      return [];
    }
    this.#disassociations.push(now);
    const removed = wasFailed ? [] : this.#removed(sent, attempt);
    return [...removed, ...this.#tooManyWithinAnHour()];
  }

  refused(sent: Sent, call: Call, attempt: Attempt | undefined): RuleViolation[] {
    const { input } = sent;
    const { faults } = this.#observed;
    const error = call.error ?? '';
    if (FINAL.has(error)) {
      this.#fail(sent, attempt, true);
    }
    const isExcused =
      this.#observed.wasDisturbed(String(input.WorkspaceId), 2 * RUN) || faults.wasAtWork('StaleReads', 2 * RUN);
    return !isExcused && REPEATS.has(error)
      ? [{ rule: 'SentOnce', message: `AWS was asked for what is so, or under way, already: ${error} ${call.message}` }]
      : [];
  }

  failed(sent: Sent, attempt: Attempt | undefined): void {
    this.#fail(sent, attempt, false);
  }

  #fail(sent: Sent, attempt: Attempt | undefined, isFinal: boolean): void {
    if (attempt !== undefined) {
      const all = of(this.#failed, sent.process);
      const rested = restedOn(sent, attempt);
      const before = all.get(changeOf(sent));
      const times = [...(before?.rested === rested ? before.times : []), this.#observed.time.elapsed];
      all.set(changeOf(sent), { times, rested, isFinal });
    }
  }

  /** The least that any policy in force has a failure followed by, in milliseconds. */
  #backoff({ ledger }: Attempt): number {
    const waits = ledger.policies().map(({ spec: { retry } }) => millisecondsOf(retry?.backoff?.duration ?? '30s'));
    return Math.min(...waits) - 1_000;
  }

  /** One of those who asked for a removal tells of it in its status: with that, a restart may forget it. */
  policyDeleted(key: string): void {
    for (const [pair, removals] of this.#removals) {
      this.#removals.set(
        pair,
        removals.filter(({ askedBy }) => !askedBy.has(key)),
      );
    }
  }

  #removed(sent: Sent, attempt: Attempt | undefined): RuleViolation[] {
    const now = this.#observed.time.elapsed;
    const pair = `${sent.input.WorkspaceId} ${sent.input.ApplicationId}`;
    const askedBy = new Set(attempt === undefined ? [] : this.#asking(sent, attempt));
    const removals = [...(this.#removals.get(pair) ?? []), { at: now, askedBy }].filter(({ at }) => now - at < DAY);
    this.#removals.set(pair, removals);
    if (removals.length >= 3) {
      this.flapping.add(pair);
    }
    return removals.length > 3 && !this.#observed.faults.wasAtWork('ClockSet', DAY)
      ? [{ rule: 'Flapping', message: `it was removed ${removals.length} times within a day` }]
      : [];
  }

  /** The policies that ask for a change of an association; all, for a deployment. */
  #asking({ operation, input }: Sent, { ledger, rules, workspace }: Attempt): string[] {
    const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
    const application = this.#observed.application(String(input.ApplicationId));
    return ledger
      .policies()
      .filter((one) => input.ApplicationId === undefined || asksFor(goal, one, rules, workspace, application))
      .map(({ key }) => key);
  }

  #tooManyWithinAnHour(): RuleViolation[] {
    const { time, faults, cluster } = this.#observed;
    const spec = cluster.get('workspacefleets', 'emea')?.spec as { maxDisassociationsPerHour?: number } | undefined;
    const limit = spec?.maxDisassociationsPerHour;
    // They are counted when a run is given leave to make them.
    const lately = this.#disassociations.filter((at) => time.elapsed - at < 60 * MINUTE - RUN).length;
    // A fleet's status of a while ago counts too little. A real API server serves such lists to nobody who doesn't ask for them.
    const isExcused = (['ClockSet', 'StaleLists'] as const).some((kind) => faults.wasAtWork(kind, 120 * MINUTE));
    return limit !== undefined && lately > limit && !isExcused
      ? [{ rule: 'HourlyLimit', message: `${lately} disassociations within an hour, and ${limit} are allowed` }]
      : [];
  }
}

function of<T>(all: WeakMap<SimulatedProcess, Map<string, T>>, process: SimulatedProcess): Map<string, T> {
  const known = all.get(process) ?? new Map<string, T>();
  all.set(process, known);
  return known;
}

function changeOf({ operation, input }: Sent): string {
  return `${operation} ${input.WorkspaceId} ${input.ApplicationId ?? ''}`;
}

/** What the process was told of what is to be changed, the policies included. */
function restedOn({ input }: Sent, { told, ledger }: Attempt): string {
  const found = told.associations?.value ?? [];
  const concerned =
    input.ApplicationId === undefined ? found : found.filter((one) => one.applicationID === input.ApplicationId);
  return JSON.stringify([concerned, told.state?.value, ledger.policies().map(({ key, learntAt }) => [key, learntAt])]);
}

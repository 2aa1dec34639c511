import type { Logger } from 'pino';
import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { FleetLocation } from '../execute/context.ts';
import { ApiError, messageOf } from '../kube/apiError.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { Resource } from '../kube/resource.ts';
import { POLICIES } from '../kube/resources.ts';
import { requestRetryDelay } from '../kube/retry.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { Sequence } from '../sequence.ts';
import type { Assessment } from '../status/assessment.ts';
import type { ReportKinds } from './reportKinds.ts';
import type { ReportChanges, ReportOwner, ReportWriter } from './reportWriter.ts';
import { chunksOf } from './resultChunks.ts';
import { isViolation, resultOf } from './results.ts';

export interface ReportControllerOptions {
  readonly kinds: Pick<ReportKinds, 'installed' | 'forget'>;
  readonly writer: Pick<ReportWriter, 'write' | 'remove' | 'forget'>;
  /** Results to report: only violations, or also associations that comply. */
  readonly results: 'violations' | 'all';
  /** Whether results contain user names. */
  readonly userNames: boolean;
  /** Minimum time between two passes over the reports of a policy, in milliseconds. Only the last run in between counts. */
  readonly interval: number;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Receives every pass over the reports of a policy, for metrics. */
  readonly onPass?: (pass: ReportPass) => void;
}

/** Pass over the reports of a policy. */
export interface ReportPass {
  readonly policyKey: string;
  readonly outcome: ReportChanges | 'NotInstalled' | 'Failed';
}

/** Assessments of a run. */
interface RunAssessments {
  readonly policy: Policy;
  readonly location: FleetLocation;
  readonly assessments: Sequence<Assessment>;
}

/** State of the reports of one policy. */
interface ReportState {
  /** Assessments that aren't written yet. */
  pending: RunAssessments | undefined;
  /** Earliest time of the next pass, by the monotonic clock. */
  notBefore: number;
  /** Number of consecutive failures. */
  failures: number;
  /** Whether an Event reported these failures. */
  isFailureReported: boolean;
  /** Kind of the reports, once no reports of another kind exist. */
  kind: Resource | undefined;
}

/** Number of consecutive transient failures that aren't reported: a restart of the API server causes them. */
const UNREPORTED_FAILURES = 2;
/** Maximum delay after failures that require a manual change. */
const MAX_RETRY_DELAY_MS = 30 * 60_000;

/**
 * Writes the full results of runs to report objects in the background, so that runs neither wait for it nor fail with it. Does nothing if
 * the cluster has no CRD of a report.
 */
export class ReportController {
  readonly #options: ReportControllerOptions;
  readonly #queue: WorkQueue;
  /** States, by the key of the policy. */
  readonly #states = new Map<string, ReportState>();
  /** Status code of the last logged failure, by namespace: missing permissions affect all policies of a namespace. */
  readonly #logged = new Map<string, number | undefined>();

  constructor(options: ReportControllerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options);
    options.stopping.addEventListener('abort', () => this.#queue.shutDown(), { once: true });
  }

  /** Schedules the assessments of a run for writing. A later run replaces them. */
  enqueue(policy: Policy, location: FleetLocation, assessments: Sequence<Assessment>): void {
    const { results, clock } = this.#options;
    const { key } = policy;
    const state = this.#states.get(key) ?? initialState();
    state.pending = {
      policy,
      location,
      assessments: results === 'all' ? assessments : assessments.filter(isViolation),
    };
    this.#states.set(key, state);
    this.#queue.addAfter(key, state.notBefore - clock.monotonic());
  }

  /** Forgets a deleted policy. Kubernetes deletes its reports. */
  forget(policyKey: string): void {
    this.#states.delete(policyKey);
    this.#options.writer.forget(policyKey);
  }

  /** Processes the queue until the process stops. */
  async work(): Promise<void> {
    const { clock } = this.#options;
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      const state = this.#states.get(key);
      const wait = (state?.notBefore ?? 0) - clock.monotonic();
      if (wait > 0) {
        this.#queue.addAfter(key, wait);
      } else if (state?.pending !== undefined) {
        await this.#pass(key, state, state.pending);
      }
      this.#queue.done(key);
    }
  }

  async #pass(key: string, state: ReportState, run: RunAssessments): Promise<void> {
    const { interval, clock, stopping, onPass, writer } = this.#options;
    state.notBefore = clock.monotonic() + interval;
    try {
      const outcome = await this.#write(state, run);
      if (state.failures > 0) {
        this.#recovered(state, run.policy);
      }
      if (state.pending === run) {
        state.pending = undefined;
      }
      onPass?.({ policyKey: key, outcome });
    } catch (error) {
      if (!stopping.aborted && this.#states.get(key) === state) {
        this.#retry(key, state, run.policy, error);
        onPass?.({ policyKey: key, outcome: 'Failed' });
      }
    }
    if (this.#states.get(key) !== state) {
      // The policy was deleted while its reports were written.
      writer.forget(key);
    }
  }

  async #write(state: ReportState, { policy, location, assessments }: RunAssessments): Promise<ReportPass['outcome']> {
    const { kinds, writer, userNames, stopping } = this.#options;
    const [kind, ...others] = await kinds.installed(stopping);
    if (kind === undefined) {
      return 'NotInstalled';
    }
    const owner = { resource: POLICIES, metadata: policy };
    const context = { policy, location, userNames };
    try {
      const changes = await writer.write(
        kind,
        owner,
        () => chunksOf(assessments, (assessment) => resultOf(assessment, context)),
        stopping,
      );
      if (state.kind !== kind) {
        await this.#clear(others, owner);
        state.kind = kind;
      }
      return changes;
    } catch (error) {
      if (isNotServed(error)) {
        kinds.forget();
        return 'NotInstalled';
      }
      throw error;
    }
  }

  /** Removes the reports of kinds that the cluster served earlier. Ignores errors, because the operator may lack the permission. */
  async #clear(kinds: readonly Resource[], owner: ReportOwner): Promise<void> {
    const { writer, stopping, log } = this.#options;
    for (const kind of kinds) {
      try {
        await writer.remove(kind, owner, stopping);
      } catch (error) {
        log.debug(
          { policy: owner.metadata.name, error: sanitize(messageOf(error), 1024) },
          'earlier reports not removed',
        );
      }
    }
  }

  #retry(key: string, state: ReportState, policy: Policy, error: unknown): void {
    const { interval, clock, random, events } = this.#options;
    const backoff: Backoff = { baseMs: interval, maxMs: Math.max(interval, MAX_RETRY_DELAY_MS), jitter: 0.1 };
    const retryMs = requestRetryDelay(error, state.failures, random) ?? backoffDelay(backoff, state.failures, random);
    const wait = Math.max(interval, retryMs);
    state.notBefore = clock.monotonic() + wait;
    this.#queue.addAfter(key, wait);
    const passes = error instanceof ApiError && error.transient && state.failures < UNREPORTED_FAILURES;
    state.failures++;
    const message = sanitize(messageOf(error), 1024);
    const isNews = !passes && this.#isNews(policy.namespace, error);
    this.#options.log[isNews ? 'warn' : 'debug']({ policy: key, error: message }, 'reports not written; retrying');
    if (!passes && !state.isFailureReported) {
      state.isFailureReported = true;
      events.record(referenceTo(POLICIES, { metadata: policy }), 'Warning', 'ReportNotWritten', message);
    }
  }

  #recovered(state: ReportState, { namespace }: Policy): void {
    state.failures = 0;
    state.isFailureReported = false;
    if (this.#logged.delete(namespace)) {
      this.#options.log.info({ namespace }, 'writing reports again');
    }
  }

  /** Whether no policy of the namespace logged this failure yet. */
  #isNews(namespace: string, error: unknown): boolean {
    const code = error instanceof ApiError ? error.code : undefined;
    const isKnown = this.#logged.has(namespace) && this.#logged.get(namespace) === code;
    this.#logged.set(namespace, code);
    return !isKnown;
  }
}

function initialState(): ReportState {
  return { pending: undefined, notBefore: 0, failures: 0, isFailureReported: false, kind: undefined };
}

/** Whether the CRD was removed or is being removed. */
function isNotServed(error: unknown): boolean {
  return error instanceof ApiError && ((error.code === 404 && error.objectName === undefined) || error.code === 405);
}

import type { Logger } from 'pino';
import { type Backoff, backoffDelay } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { FleetLocation } from '../execute/context.ts';
import { ApiError, messageOf } from '../kube/apiError.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { Resource } from '../kube/resource.ts';
import { POLICIES } from '../kube/resources.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { Assessment } from '../status/assessment.ts';
import type { ReportKinds } from './reportKinds.ts';
import type { ReportChanges, ReportOwner, ReportWriter } from './reportWriter.ts';
import { chunksOf } from './resultChunks.ts';
import { isViolation, resultOf } from './results.ts';

export interface ReportControllerOptions {
  readonly kinds: Pick<ReportKinds, 'installed' | 'forget'>;
  readonly writer: Pick<ReportWriter, 'write' | 'remove' | 'forget'>;
  /** Whether what complies is reported, too. */
  readonly results: 'violations' | 'all';
  /** Whether results name the users of their WorkSpaces. */
  readonly userNames: boolean;
  /** The reports of a policy are looked at no more often, in milliseconds: of the runs in between, the last counts. */
  readonly interval: number;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Told of every pass over the reports of a policy, for metrics. */
  readonly onPass?: (pass: ReportPass) => void;
}

/** A pass over the reports of a policy. */
export interface ReportPass {
  readonly policyKey: string;
  readonly outcome: ReportChanges | 'NotInstalled' | 'Failed';
}

/** What a run has found. */
interface Found {
  readonly policy: Policy;
  readonly location: FleetLocation;
  readonly assessments: readonly Assessment[];
}

/** The reports of one policy. */
interface Reported {
  /** What isn't written yet. */
  found: Found | undefined;
  /** When they may be looked at again, by the monotonic clock. */
  notBefore: number;
  /** In a row. */
  failures: number;
  /** Whether an Event tells of these failures. */
  isTold: boolean;
  /** The kind that they are of, once there are none of another. */
  kind: Resource | undefined;
}

/** So many failures in a row that go by themselves are nothing to tell anybody: they come with every restart of an API server. */
const PASSING = 2;
/** The longest that reports wait after failures, in milliseconds. */
const LONGEST_WAIT = 30 * 60_000;

/**
 * Writes the full results of runs into the cluster's report objects, in the background: a run neither waits for that nor fails with it.
 * Where the cluster knows no report, nothing happens.
 */
export class ReportController {
  readonly #options: ReportControllerOptions;
  readonly #queue: WorkQueue;
  /** By the policy's key. */
  readonly #reported = new Map<string, Reported>();
  /** By namespace, the failure that was logged last: what is forbidden there is so for all its policies. */
  readonly #logged = new Map<string, number | undefined>();

  constructor(options: ReportControllerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options);
    options.stopping.addEventListener('abort', () => this.#queue.shutDown(), { once: true });
  }

  /** A run has found these rows: they are reported soon, unless another run finds others before. */
  enqueue(policy: Policy, location: FleetLocation, assessments: readonly Assessment[]): void {
    const { results, clock } = this.#options;
    const { key } = policy;
    const reported = this.#reported.get(key) ?? begin();
    reported.found = {
      policy,
      location,
      assessments: results === 'all' ? assessments : assessments.filter(isViolation),
    };
    this.#reported.set(key, reported);
    this.#queue.addAfter(key, reported.notBefore - clock.monotonic());
  }

  /** A policy is gone; its reports go with it. */
  forget(policyKey: string): void {
    this.#reported.delete(policyKey);
    this.#options.writer.forget(policyKey);
  }

  /** Works until the process stops. */
  async work(): Promise<void> {
    const { clock } = this.#options;
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      const reported = this.#reported.get(key);
      const wait = (reported?.notBefore ?? 0) - clock.monotonic();
      if (wait > 0) {
        this.#queue.addAfter(key, wait);
      } else if (reported?.found !== undefined) {
        await this.#pass(key, reported, reported.found);
      }
      this.#queue.done(key);
    }
  }

  async #pass(key: string, reported: Reported, found: Found): Promise<void> {
    const { interval, clock, stopping, onPass, writer } = this.#options;
    reported.notBefore = clock.monotonic() + interval;
    try {
      const outcome = await this.#write(reported, found);
      if (reported.failures > 0) {
        this.#recovered(reported, found.policy);
      }
      if (reported.found === found) {
        reported.found = undefined;
      }
      onPass?.({ policyKey: key, outcome });
    } catch (error) {
      if (!stopping.aborted && this.#reported.get(key) === reported) {
        this.#retry(key, reported, found.policy, error);
        onPass?.({ policyKey: key, outcome: 'Failed' });
      }
    }
    if (this.#reported.get(key) !== reported) {
      // It went while its reports were written.
      writer.forget(key);
    }
  }

  async #write(reported: Reported, { policy, location, assessments }: Found): Promise<ReportPass['outcome']> {
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
        () => chunksOf(assessments, (row) => resultOf(row, context)),
        stopping,
      );
      if (reported.kind !== kind) {
        await this.#clear(others, owner);
        reported.kind = kind;
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

  /** Removes the reports that were written while the cluster had only another kind. It may be none of the operator's business any more. */
  async #clear(kinds: readonly Resource[], owner: ReportOwner): Promise<void> {
    const { writer, stopping, log } = this.#options;
    for (const kind of kinds) {
      try {
        await writer.remove(kind, owner, stopping);
      } catch (error) {
        log.debug({ policy: owner.metadata.name, error: sanitize(messageOf(error), 1024) }, 'earlier reports are left');
      }
    }
  }

  #retry(key: string, reported: Reported, policy: Policy, error: unknown): void {
    const { interval, clock, random, events } = this.#options;
    const backoff: Backoff = { baseMs: interval, maxMs: Math.max(interval, LONGEST_WAIT), jitter: 0.1 };
    const wait = backoffDelay(backoff, reported.failures, random);
    reported.notBefore = clock.monotonic() + wait;
    this.#queue.addAfter(key, wait);
    const passes = error instanceof ApiError && error.transient && reported.failures < PASSING;
    reported.failures++;
    const message = sanitize(messageOf(error), 1024);
    const isNews = !passes && this.#isNews(policy.namespace, error);
    this.#options.log[isNews ? 'warn' : 'debug']({ policy: key, error: message }, 'reports not written; tried again');
    if (!passes && !reported.isTold) {
      reported.isTold = true;
      events.record(referenceTo(POLICIES, { metadata: policy }), 'Warning', 'ReportNotWritten', message);
    }
  }

  #recovered(reported: Reported, { namespace }: Policy): void {
    reported.failures = 0;
    reported.isTold = false;
    if (this.#logged.delete(namespace)) {
      this.#options.log.info({ namespace }, 'reports are written again');
    }
  }

  /** Whether such a failure wasn't logged yet, for any policy of the namespace. */
  #isNews(namespace: string, error: unknown): boolean {
    const code = error instanceof ApiError ? error.code : undefined;
    const isKnown = this.#logged.has(namespace) && this.#logged.get(namespace) === code;
    this.#logged.set(namespace, code);
    return !isKnown;
  }
}

function begin(): Reported {
  return { found: undefined, notBefore: 0, failures: 0, isTold: false, kind: undefined };
}

/** Its CRD was removed, or is being removed. */
function isNotServed(error: unknown): boolean {
  return error instanceof ApiError && ((error.code === 404 && error.objectName === undefined) || error.code === 405);
}

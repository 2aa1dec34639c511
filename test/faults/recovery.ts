import { type Actors, manifest, NAMESPACE, POLICIES } from './actors.ts';
import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster } from './cluster/simulatedCluster.ts';
import type { Watches } from './cluster/watches.ts';
import {
  ALL_PERMITTED_HOLDS,
  convergenceProblems,
  PERMANENT_HOLDS,
  type PermittedHolds,
  type Problem,
} from './convergence.ts';
import type { FaultKind } from './faults.ts';
import { INVALID_INTERVAL } from './manifests.ts';
import { recordProblems } from './records.ts';
import { MINUTE, type Schedule } from './schedule.ts';
import type { SimulatedTime } from './time.ts';
import type { Rule } from './violation.ts';
import type { Watcher } from './watcher.ts';

/**
 * Time between requests for runs after the faults have ended. No change within this time means that the run has
 * converged.
 */
const REQUEST_INTERVAL_MS = 2 * MINUTE;
/**
 * Number of requests after which only a window or an hourly limit can cause the wait, so that requests become
 * less frequent.
 */
const FREQUENT_REQUESTS = 6;
/** Time for which a converged run must make no change. */
const QUIET_DAY_MS = 24 * 60 * MINUTE;

/**
 * Faults after which records differ: times of another clock match no call, outdated statuses restore outdated
 * records, and a truncated list can't be detected.
 */
const UNRELIABLE_RECORDS: ReadonlySet<FaultKind> = new Set(['ClockJump', 'StaleLists', 'TruncatedPages']);

interface RecoveryParts {
  readonly schedule: Schedule;
  readonly time: SimulatedTime;
  readonly cluster: SimulatedCluster;
  readonly watches: Watches;
  readonly cloud: SimulatedCloud;
  readonly actors: Actors;
  readonly watcher: Watcher;
  /** Reports a violation. */
  readonly fail: (rule: Rule, message: string) => void;
}

/** Time after the faults of a schedule: the operator makes every requested change, and then no more. */
export class Recovery {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Runs until all changes are made, or until they are overdue. */
  async converge(): Promise<void> {
    await (this.#parts.schedule.requestsRunsAfterwards ? this.#requestUntilConverged() : this.#waitUntilConverged());
  }

  /** Runs for a day without expecting a change. */
  async passQuietDay(): Promise<void> {
    const since = this.#parts.time.elapsed;
    const isFlapping = this.#isAnythingFlapping();
    // Some approvals come late.
    const lastAction = Math.max(0, ...this.#parts.schedule.actions.map(({ at }) => at));
    this.#lengthenIntervals(this.#parts.schedule.requestsRunsAfterwards ? '8h' : '1h');
    this.#parts.watches.bookmarkIntervalMs = 85_000;
    await this.#parts.time.runUntil(since + QUIET_DAY_MS);
    // An edit makes the operator retry a failed deployment, and a change that AWS rejects permanently. A flapping
    // association is held for a day, and then changes again.
    // Two policies replace an application in several runs, which are hours apart then.
    const { rejectsInstallations, rejectsChangesOf } = this.#parts.schedule;
    const isTriedAgain = rejectsInstallations !== undefined && this.#parts.cluster.list(POLICIES).length > 1;
    const isRetried =
      rejectsChangesOf !== undefined || rejectsInstallations !== undefined || this.#parts.cloud.failedOn.size > 0;
    if (!isFlapping && !isTriedAgain) {
      this.#checkQuietDay(Math.max(isRetried ? since + 10 * MINUTE : since, lastAction + 10 * MINUTE));
    }
  }

  /** Requests runs and approves proposed plans until all changes are made. */
  async #requestUntilConverged(): Promise<void> {
    const deadline = this.#parts.schedule.ends + this.#parts.schedule.convergesWithin;
    for (let times = 1; ; times++) {
      if (times === FREQUENT_REQUESTS) {
        this.#lengthenIntervals('10m');
      }
      const requestedAt = this.#parts.time.elapsed;
      const every = times < FREQUENT_REQUESTS ? REQUEST_INTERVAL_MS : 5 * REQUEST_INTERVAL_MS;
      this.#parts.actors.approveAndRequestRuns();
      await this.#parts.time.runUntil(requestedAt + every);
      const pendingRequests = this.#parts.actors.pendingRequests.map(
        (message): Problem => ({ rule: 'MissingConvergence', message }),
      );
      const problems = pendingRequests.length > 0 ? pendingRequests : this.#problems(PERMANENT_HOLDS);
      const hasConverged = problems.length === 0 && this.#parts.watcher.lastChangeAt < requestedAt;
      if (hasConverged || requestedAt + every >= deadline) {
        this.#fail(problems);
        return;
      }
    }
  }

  /** Requests nothing. The intervals of the policies suffice. */
  async #waitUntilConverged(): Promise<void> {
    const deadline = this.#parts.schedule.ends + this.#parts.schedule.convergesWithin;
    while (this.#parts.time.elapsed < deadline) {
      const from = this.#parts.time.elapsed;
      await this.#parts.time.runUntil(from + 30 * MINUTE);
      if (this.#parts.watcher.lastChangeAt < from && this.#problems(PERMANENT_HOLDS).length === 0) {
        return;
      }
    }
    this.#fail(this.#problems(ALL_PERMITTED_HOLDS));
  }

  /** Lengthens the intervals of all policies, so that a simulated day takes less time. */
  #lengthenIntervals(interval: string): void {
    for (const { metadata, spec = {} } of this.#parts.cluster.list(POLICIES)) {
      if (spec.interval !== INVALID_INTERVAL) {
        this.#parts.cluster.apply(
          POLICIES,
          manifest('WorkspaceApplicationPolicy', metadata.name, { ...spec, interval }, NAMESPACE),
        );
      }
    }
  }

  #problems(permittedHolds: PermittedHolds): Problem[] {
    const { cluster, cloud, watcher, time, schedule } = this.#parts;
    const isRecordReliable = !schedule.faults.some(({ kind }) => UNRELIABLE_RECORDS.has(kind));
    return [
      ...convergenceProblems(cluster, cloud, watcher, time.now, permittedHolds),
      ...(isRecordReliable
        ? recordProblems(
            cluster.list(POLICIES),
            cluster.events(POLICIES).map(({ object }) => object),
            cloud,
            watcher.removalFacts,
          )
        : []),
    ];
  }

  #fail(problems: readonly Problem[]): void {
    for (const { rule, message } of problems) {
      this.#parts.fail(rule, message);
    }
  }

  /**
   * Whether the watcher or the operator considers an association flapping. The operator also counts planned
   * removals whose result it doesn't know.
   */
  #isAnythingFlapping(): boolean {
    const rows = this.#parts.cluster
      .list(POLICIES)
      .flatMap(({ status }) => (status?.associations ?? []) as { holdReason?: string }[]);
    return this.#parts.watcher.flapping.size > 0 || rows.some(({ holdReason }) => holdReason === 'Flapping');
  }

  #checkQuietDay(since: number): void {
    if (this.#parts.watcher.lastChangeAt > since) {
      this.#parts.fail(
        'ChangeOnQuietDay',
        `a change was sent ${Math.round((this.#parts.watcher.lastChangeAt - this.#parts.schedule.ends) / MINUTE)} minutes after the faults ended`,
      );
    }
  }
}

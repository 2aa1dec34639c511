import { type Actors, manifest, NAMESPACE, POLICIES } from './actors.ts';
import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster } from './cluster/simulatedCluster.ts';
import type { Watches } from './cluster/watches.ts';
import { MAY_COME, type MayWait, NOTHING_MORE, outcomeProblems } from './convergence.ts';
import { INVALID_INTERVAL } from './manifests.ts';
import { MINUTE, type Schedule } from './schedule.ts';
import type { SimulatedTime } from './time.ts';
import type { Watcher } from './watcher.ts';

/** How often people ask for a run once the faults have ended, and for how long nothing may happen then for it to be all. */
const ASK_EVERY = 2 * MINUTE;
/** What takes so many of them waits for a window or an hourly limit. */
const PATIENT_AFTER = 6;
/** For how long a run has to stay at rest once it has come to rest. */
const AT_REST_FOR = 24 * 60 * MINUTE;

interface RecoveryParts {
  readonly schedule: Schedule;
  readonly time: SimulatedTime;
  readonly cluster: SimulatedCluster;
  readonly watches: Watches;
  readonly cloud: SimulatedCloud;
  readonly actors: Actors;
  readonly watcher: Watcher;
  /** Told of a rule that was broken. */
  readonly fail: (rule: string, message: string) => void;
}

/** What comes after the faults of a schedule: everything that policies ask for is done, and then nothing more. */
export class Recovery {
  readonly #schedule: RecoveryParts['schedule'];
  readonly #time: RecoveryParts['time'];
  readonly #cluster: RecoveryParts['cluster'];
  readonly #watches: RecoveryParts['watches'];
  readonly #cloud: RecoveryParts['cloud'];
  readonly #actors: RecoveryParts['actors'];
  readonly #watcher: RecoveryParts['watcher'];
  readonly #fail: RecoveryParts['fail'];

  constructor(parts: RecoveryParts) {
    this.#schedule = parts.schedule;
    this.#time = parts.time;
    this.#cluster = parts.cluster;
    this.#watches = parts.watches;
    this.#cloud = parts.cloud;
    this.#actors = parts.actors;
    this.#watcher = parts.watcher;
    this.#fail = parts.fail;
  }

  /** Until all is done, or should have been. */
  async converge(): Promise<void> {
    await (this.#schedule.asksAfterwards ? this.#askUntilDone() : this.#waitUntilDone());
  }

  /** A day on which nothing may be changed any more. */
  async rest(): Promise<void> {
    const since = this.#time.elapsed;
    const isFlapping = this.#isAnythingFlapping();
    // Some approvals are given late.
    const lastAct = Math.max(0, ...this.#schedule.happenings.map(({ at }) => at));
    this.#slowDown(this.#schedule.asksAfterwards ? '8h' : '1h');
    this.#watches.bookmarksEvery = 85_000;
    await this.#time.runUntil(since + AT_REST_FOR);
    // What AWS refuses for good is asked once more, as the policies have been edited. What comes back again and again is left alone for a day.
    if (!isFlapping) {
      this.#checkRest(
        Math.max(this.#schedule.refuses === undefined ? since : since + 10 * MINUTE, lastAct + 10 * MINUTE),
      );
    }
  }

  /** People ask for runs and approve what is proposed, until all is done. */
  async #askUntilDone(): Promise<void> {
    const deadline = this.#schedule.ends + this.#schedule.doneWithin;
    for (let times = 1; ; times++) {
      if (times === PATIENT_AFTER) {
        this.#slowDown('10m');
      }
      const asked = this.#time.elapsed;
      const every = times < PATIENT_AFTER ? ASK_EVERY : 5 * ASK_EVERY;
      this.#actors.applyToAll();
      await this.#time.runUntil(asked + every);
      const problems = this.#actors.unanswered.length > 0 ? this.#actors.unanswered : this.#problems(NOTHING_MORE);
      const isAtRest = problems.length === 0 && this.#watcher.lastChangeAt < asked;
      if (isAtRest || asked + every >= deadline) {
        problems.forEach((problem) => void this.#fail('Converges', problem));
        return;
      }
    }
  }

  /** Nobody asks for anything, and all is done by the policies' intervals. */
  async #waitUntilDone(): Promise<void> {
    const deadline = this.#schedule.ends + this.#schedule.doneWithin;
    while (this.#time.elapsed < deadline) {
      const from = this.#time.elapsed;
      await this.#time.runUntil(from + 30 * MINUTE);
      if (this.#watcher.lastChangeAt < from && this.#problems(NOTHING_MORE).length === 0) {
        return;
      }
    }
    this.#problems(MAY_COME).forEach((problem) => void this.#fail('Converges', problem));
  }

  /** People need no news so often any more: a run of a day takes less time. */
  #slowDown(interval: string): void {
    for (const { metadata, spec = {} } of this.#cluster.list(POLICIES)) {
      if (spec.interval !== INVALID_INTERVAL) {
        this.#cluster.apply(
          POLICIES,
          manifest('WorkspaceApplicationPolicy', metadata.name, { ...spec, interval }, NAMESPACE),
        );
      }
    }
  }

  #problems(mayWait: MayWait): string[] {
    return outcomeProblems(this.#cluster, this.#cloud, this.#watcher, this.#time.now, mayWait);
  }

  /** To the watcher or to the operator, which counts a removal that it announced and may not have made. */
  #isAnythingFlapping(): boolean {
    const rows = this.#cluster
      .list(POLICIES)
      .flatMap(({ status }) => (status?.associations ?? []) as { holdReason?: string }[]);
    return this.#watcher.flapping.size > 0 || rows.some(({ holdReason }) => holdReason === 'Flapping');
  }

  #checkRest(since: number): void {
    if (this.#watcher.lastChangeAt > since) {
      this.#fail(
        'AtRest',
        `a change was sent ${Math.round((this.#watcher.lastChangeAt - this.#schedule.ends) / MINUTE)} minutes after the faults had ended`,
      );
    }
  }
}

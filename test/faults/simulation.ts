import { seededRandom } from '../../src/simulator/random.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import { AwsConnections } from './cloud/awsConnections.ts';
import { SimulatedCloud } from './cloud/simulatedCloud.ts';
import { ApiClients } from './cluster/apiClients.ts';
import { SimulatedCluster } from './cluster/simulatedCluster.ts';
import { MAY_COME, type MayWait, NOTHING_MORE, outcomeProblems } from './convergence.ts';
import { ActiveFaults, type Fault } from './faults.ts';
import { INVALID_INTERVAL } from './manifests.ts';
import { manifest, NAMESPACE, People, POLICIES } from './people.ts';
import { SimulatedProcess } from './process.ts';
import { APPLICATIONS, MINUTE, type Schedule } from './schedule.ts';
import { SimulatedTime } from './time.ts';
import { type Violation, Watcher } from './watcher.ts';

const HOUR = 60 * MINUTE;
/** How often people ask for a run once the faults have ended, and for how long nothing may happen then for it to be all. */
const ASK_EVERY = 2 * MINUTE;
/** What takes so many of them waits for a window or an hourly limit. */
const PATIENT_AFTER = 6;
/** For how long a run has to stay at rest once it has come to rest. */
const AT_REST_FOR = 24 * HOUR;

/** What came of a schedule. */
export interface Run {
  readonly violations: readonly Violation[];
  /** The state of every association at the end. */
  readonly end: ReadonlyMap<string, string>;
  /** How often each change was carried out. */
  readonly counts: ReadonlyMap<string, number>;
  readonly flapping: ReadonlySet<string>;
  /** WorkSpaces on which a deployment has failed. */
  readonly failedOn: ReadonlySet<string>;
  /** How many boundaries of calls there were until the faults ended. */
  readonly boundaries: number;
  /** How many of them until the last change was sent. */
  readonly boundariesToLastChange: number;
  /** A digest of all that happened. */
  readonly trace: string;
}

/** How far a schedule is run: to the end of its faults, until it has converged, or through a day at rest after that. */
export type Until = 'Story' | 'Outcome' | 'Rest';

/** Runs a schedule from its beginning. */
export function simulate(schedule: Schedule, until: Until = 'Rest'): Promise<Run> {
  return new Simulation(schedule).run(until);
}

class Simulation {
  readonly #schedule: Schedule;
  readonly #time = new SimulatedTime();
  readonly #faults: ActiveFaults;
  readonly #watcher: Watcher;
  readonly #cluster: SimulatedCluster;
  readonly #apiClients: ApiClients;
  readonly #cloud: SimulatedCloud;
  readonly #awsConnections: AwsConnections;
  readonly #people: People;
  /** Lengthened once the faults have ended, as nobody disputes the leases then. */
  readonly #leaseTiming = { leaseDuration: 60_000, renewDeadline: 40_000, retryPeriod: 20_000 };
  readonly #crashes: number[];
  readonly #random: () => number;
  readonly #failures: Violation[] = [];
  #replicas: SimulatedProcess[] = [];
  #wallOffset = 0;
  #boundaries = 0;
  #processes = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#faults = new ActiveFaults(schedule.faults, schedule.seed, this.#time);
    this.#watcher = new Watcher(this.#time, this.#faults, APPLICATIONS);
    this.#crashes = schedule.faults.filter(({ kind }) => kind === 'Crash').map(({ amount }) => amount);
    this.#random = seededRandom(schedule.seed + 1);
    const boundary = (process: SimulatedProcess) => this.#boundary(process);
    const shared = { time: this.#time, faults: this.#faults, observer: this.#watcher, boundary };
    this.#cluster = new SimulatedCluster(this.#time);
    this.#apiClients = new ApiClients({ ...shared, cluster: this.#cluster });
    this.#cloud = new SimulatedCloud({ ...shared, seed: seedFrom(schedule.fleet), refuses: schedule.refuses });
    this.#awsConnections = new AwsConnections({
      ...shared,
      cloud: this.#cloud,
      pageSize: schedule.pageSize,
      random: this.#random,
      crash: (process) => this.#crash(process),
    });
    this.#watcher.watch(this.#cluster, this.#cloud);
    this.#people = new People(this.#time, this.#cluster, this.#cloud, this.#watcher);
  }

  async run(until: Until): Promise<Run> {
    for (const { at, act } of this.#schedule.happenings) {
      this.#time.after(at, () => this.#people.act(act));
    }
    for (const fault of this.#schedule.faults) {
      this.#plan(fault);
    }
    this.#time.after(0, () => this.#startReplica());
    await this.#time.runUntil(this.#schedule.ends);
    const boundaries = this.#boundaries;
    if (until !== 'Story') {
      await this.#endFaults();
      await (this.#schedule.asksAfterwards ? this.#askUntilDone() : this.#waitUntilDone());
    }
    if (until === 'Rest') {
      const since = this.#time.elapsed;
      const isFlapping = this.#isAnythingFlapping();
      // Some approvals are given late.
      const lastAct = Math.max(0, ...this.#schedule.happenings.map(({ at }) => at));
      this.#slowDown(this.#schedule.asksAfterwards ? '8h' : '1h');
      this.#apiClients.watches.bookmarksEvery = 85_000;
      await this.#time.runUntil(since + AT_REST_FOR);
      // What AWS refuses for good is asked once more, as the policies have been edited. What comes back again and again is left alone for a day.
      if (!isFlapping) {
        this.#checkRest(
          Math.max(this.#schedule.refuses === undefined ? since : since + 10 * MINUTE, lastAct + 10 * MINUTE),
        );
      }
    }
    this.#replicas.forEach((replica) => void replica.kill());
    const violations = [...this.#watcher.violations, ...this.#failures];
    const end = this.#associations();
    const { counts, flapping } = this.#watcher;
    const trace = JSON.stringify([violations, [...end], [...counts], this.#boundaries, this.#time.elapsed]);
    const { boundariesToLastChange } = this.#watcher;
    const { failedOn } = this.#cloud;
    return { violations, end, counts, flapping, failedOn, boundaries, boundariesToLastChange, trace };
  }

  /** The faults are over: one replica goes on, and the clock is right again. */
  async #endFaults(): Promise<void> {
    this.#faults.isOver = true;
    this.#crashes.length = 0;
    this.#wallOffset = 0;
    this.#replicas.forEach((replica) => void replica.thaw());
    for (const replica of this.#replicas.slice(1)) {
      replica.stop();
    }
    if (this.#replicas.length !== 1) {
      await this.#time.runUntil(this.#schedule.ends + 2 * MINUTE);
    }
    if (!this.#replicas.some(({ isAlive, isStopping }) => isAlive && !isStopping)) {
      this.#startReplica();
    }
    await this.#time.runUntil(this.#time.elapsed + MINUTE);
    Object.assign(this.#leaseTiming, { leaseDuration: 2 * HOUR, renewDeadline: HOUR, retryPeriod: 20 * MINUTE });
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
      this.#people.askAll();
      await this.#time.runUntil(asked + every);
      const problems = this.#people.unanswered.length > 0 ? this.#people.unanswered : this.#problems(NOTHING_MORE);
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

  #startReplica(): void {
    const identity = `replica-${++this.#processes}`;
    const replica = new SimulatedProcess({
      identity,
      time: this.#time,
      wallOffset: () => this.#wallOffset,
      random: seededRandom(this.#schedule.seed * 31 + this.#processes),
      leaseTiming: this.#leaseTiming,
      clientOf: (process, timeoutMs) => this.#apiClients.clientOf(process, timeoutMs),
      connect: (process, clock, signal) => this.#awsConnections.connection(process, clock, signal),
      onEnd: (process, error) => {
        this.#replicas = this.#replicas.filter((one) => one !== process);
        if (!process.isStopping) {
          this.#fail('Alive', `the operator ended by itself: ${(error as Error | undefined)?.stack ?? error}`);
        }
      },
    });
    this.#replicas.push(replica);
    replica.start();
  }

  /** A boundary of a call is reached. Returns whether the process is killed at it. */
  #boundary(process: SimulatedProcess): boolean {
    this.#boundaries++;
    this.#watcher.boundaries = this.#boundaries;
    if (!this.#crashes.includes(this.#boundaries)) {
      return false;
    }
    this.#crash(process);
    return true;
  }

  /** SIGKILL; another one comes after a while. */
  #crash(process: SimulatedProcess): void {
    process.kill();
    this.#replicas = this.#replicas.filter((one) => one !== process);
    this.#time.after(1_000 + (this.#boundaries % 10) * 1_000, () => this.#startReplica());
  }

  #plan(fault: Fault): void {
    const at = (ms: number, action: () => void) => void this.#time.after(ms, () => !this.#faults.isOver && action());
    const first = () => this.#replicas.find(({ isStopping }) => !isStopping);
    switch (fault.kind) {
      case 'Restart':
        at(fault.at, () => {
          first()?.stop();
          this.#startReplica();
        });
        return;
      case 'SecondReplica':
        at(fault.at, () => this.#startReplica());
        at(fault.at + fault.for, () => this.#replicas.length > 1 && first()?.stop());
        return;
      case 'Freeze':
        at(fault.at, () => {
          const frozen = first();
          frozen?.freeze();
          at(fault.for, () => frozen?.thaw());
        });
        return;
      case 'ClockSet':
        at(fault.at, () => {
          this.#wallOffset += fault.amount;
        });
        return;
      case 'WatchesExpired':
        at(fault.at, () => this.#cluster.expireWatches());
    }
  }

  #problems(mayWait: MayWait): string[] {
    return outcomeProblems(this.#cluster, this.#cloud, this.#watcher, this.#time.now, mayWait);
  }

  /** To the watcher or to the operator, which counts a removal that it announced and may not have made. */
  #isAnythingFlapping(): boolean {
    const rows = this.#cluster
      .list(POLICIES)
      .flatMap(({ status }) => (status?.associations ?? []) as { heldBecause?: string }[]);
    return this.#watcher.flapping.size > 0 || rows.some(({ heldBecause }) => heldBecause === 'Flapping');
  }

  #checkRest(since: number): void {
    if (this.#watcher.lastChangeAt > since) {
      this.#fail(
        'AtRest',
        `a change was sent ${Math.round((this.#watcher.lastChangeAt - this.#schedule.ends) / MINUTE)} minutes after the faults had ended`,
      );
    }
  }

  #fail(rule: string, message: string): void {
    this.#failures.push({ rule, at: this.#time.elapsed, message });
  }

  #associations(): Map<string, string> {
    return new Map(
      this.#cloud.workspaces.flatMap(({ workspaceId, associations }) =>
        [...associations.values()]
          .filter(({ state }) => state !== 'REMOVED')
          .map(({ applicationId, state }): [string, string] => [`${workspaceId} ${applicationId}`, state]),
      ),
    );
  }
}

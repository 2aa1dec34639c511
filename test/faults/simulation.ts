import { seededRandom } from '../../src/simulator/random.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import { Actors } from './actors.ts';
import { AwsConnections } from './cloud/awsConnections.ts';
import { SimulatedCloud } from './cloud/simulatedCloud.ts';
import { ApiClients } from './cluster/apiClients.ts';
import { SimulatedCluster } from './cluster/simulatedCluster.ts';
import { ActiveFaults, type Fault } from './faults.ts';
import type { SimulatedProcess } from './process.ts';
import { Recovery } from './recovery.ts';
import { Replicas } from './replicas.ts';
import { APPLICATIONS, type Schedule } from './schedule.ts';
import { SimulatedTime } from './time.ts';
import { type Violation, Watcher } from './watcher.ts';

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
export type Until = 'Scenario' | 'Outcome' | 'Rest';

/** Runs a schedule from its beginning. */
export function simulate(schedule: Schedule, until: Until = 'Rest'): Promise<Run> {
  return new Simulation(schedule).run(until);
}

/** A schedule, and the world that it is run in. */
class Simulation {
  readonly #schedule: Schedule;
  readonly #time = new SimulatedTime();
  readonly #faults: ActiveFaults;
  readonly #watcher: Watcher;
  readonly #cluster: SimulatedCluster;
  readonly #cloud: SimulatedCloud;
  readonly #actors: Actors;
  readonly #replicas: Replicas;
  readonly #recovery: Recovery;
  readonly #failures: Violation[] = [];

  constructor(schedule: Schedule) {
    const time = this.#time;
    const faults = new ActiveFaults(schedule.faults, schedule.seed, time);
    const watcher = new Watcher(time, faults, APPLICATIONS);
    const boundary = (process: SimulatedProcess) => {
      watcher.boundaries++;
      return this.#replicas.boundary(process);
    };
    const fail = (rule: string, message: string) => void this.#failures.push({ rule, at: time.elapsed, message });
    const shared = { time, faults, observer: watcher, boundary };
    const cluster = new SimulatedCluster(time);
    const apiClients = new ApiClients({ ...shared, cluster });
    const cloud = new SimulatedCloud({ ...shared, seed: seedFrom(schedule.fleet), refuses: schedule.refuses });
    const awsConnections = new AwsConnections({
      ...shared,
      cloud,
      pageSize: schedule.pageSize,
      random: seededRandom(schedule.seed + 1),
      crash: (process) => this.#replicas.crash(process),
    });
    watcher.watch(cluster, cloud);
    const actors = new Actors(time, cluster, cloud, watcher);
    this.#schedule = schedule;
    this.#faults = faults;
    this.#watcher = watcher;
    this.#cluster = cluster;
    this.#cloud = cloud;
    this.#actors = actors;
    this.#replicas = new Replicas({
      time,
      seed: schedule.seed,
      crashes: schedule.faults.filter(({ kind }) => kind === 'Crash').map(({ amount }) => amount),
      connections: {
        clientOf: (process, timeoutMs) => apiClients.clientOf(process, timeoutMs),
        connect: (process, clock, signal) => awsConnections.connection(process, clock, signal),
      },
      fail,
    });
    const { watches } = apiClients;
    this.#recovery = new Recovery({ schedule, time, cluster, watches, cloud, actors, watcher, fail });
  }

  async run(until: Until): Promise<Run> {
    for (const { at, act } of this.#schedule.happenings) {
      this.#time.after(at, () => this.#actors.act(act));
    }
    for (const fault of this.#schedule.faults) {
      this.#plan(fault);
    }
    this.#time.after(0, () => this.#replicas.start());
    await this.#time.runUntil(this.#schedule.ends);
    const { boundaries } = this.#replicas;
    if (until !== 'Scenario') {
      this.#faults.isOver = true;
      await this.#replicas.endFaults();
      await this.#recovery.converge();
    }
    if (until === 'Rest') {
      await this.#recovery.rest();
    }
    this.#replicas.killAll();
    const violations = [...this.#watcher.violations, ...this.#failures];
    const end = this.#associations();
    const { counts, flapping } = this.#watcher;
    const trace = JSON.stringify([violations, [...end], [...counts], this.#replicas.boundaries, this.#time.elapsed]);
    const { boundariesToLastChange } = this.#watcher;
    const { failedOn } = this.#cloud;
    return { violations, end, counts, flapping, failedOn, boundaries, boundariesToLastChange, trace };
  }

  /** Has a fault befall processes and watches when its time has come. The other kinds strike calls by themselves. */
  #plan(fault: Fault): void {
    const at = (ms: number, action: () => void) => void this.#time.after(ms, () => !this.#faults.isOver && action());
    switch (fault.kind) {
      case 'Restart':
        at(fault.at, () => this.#replicas.restart());
        return;
      case 'SecondReplica':
        at(fault.at, () => this.#replicas.start());
        at(fault.at + fault.for, () => this.#replicas.stopOneOfSeveral());
        return;
      case 'Freeze':
        at(fault.at, () => at(fault.for, this.#replicas.freezeOne()));
        return;
      case 'ClockSet':
        at(fault.at, () => this.#replicas.setClock(fault.amount));
        return;
      case 'WatchesExpired':
        at(fault.at, () => this.#cluster.expireWatches());
    }
  }

  #associations(): Map<string, string> {
    return new Map(
      this.#cloud.workspaces.flatMap(({ workspaceID, associations }) =>
        [...associations.values()]
          .filter(({ state }) => state !== 'REMOVED')
          .map(({ applicationID, state }): [string, string] => [`${workspaceID} ${applicationID}`, state]),
      ),
    );
  }
}

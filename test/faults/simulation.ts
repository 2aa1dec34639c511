import { seededRandom } from '../../src/simulator/random.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import { Actors } from './actors.ts';
import { SimulatedAuditLog } from './auditLog.ts';
import { AwsConnections } from './cloud/awsConnections.ts';
import { EventDelivery } from './cloud/eventDelivery.ts';
import { SimulatedCloud } from './cloud/simulatedCloud.ts';
import { ApiClients } from './cluster/apiClients.ts';
import { SimulatedCluster } from './cluster/simulatedCluster.ts';
import { ActiveFaults, type Fault } from './faults.ts';
import type { SimulatedProcess } from './process.ts';
import { Recovery } from './recovery.ts';
import { Replicas } from './replicas.ts';
import type { Schedule } from './schedule.ts';
import { SimulatedTime } from './time.ts';
import type { Rule, Violation } from './violation.ts';
import { Watcher } from './watcher.ts';

/** Result of simulating a schedule. */
export interface Run {
  readonly violations: readonly Violation[];
  /** State of every association at the end. */
  readonly end: ReadonlyMap<string, string>;
  /** Number of times that each change was made. */
  readonly counts: ReadonlyMap<string, number>;
  readonly flapping: ReadonlySet<string>;
  /** WorkSpaces with a failed deployment. */
  readonly failedOn: ReadonlySet<string>;
  /** Number of boundaries until the faults ended. */
  readonly boundaries: number;
  /** Number of boundaries until the last change was sent. */
  readonly boundariesToLastChange: number;
  /** Digest of the run, to compare two runs of a schedule. */
  readonly trace: string;
}

/**
 * How far a schedule is simulated: until its faults end, until all changes are made, or through a quiet day
 * after that.
 */
export type Until = 'FaultsEnd' | 'Convergence' | 'QuietDay';

/** Simulates a schedule from its start. */
export function simulate(schedule: Schedule, until: Until = 'QuietDay'): Promise<Run> {
  return new Simulation(schedule).run(until);
}

/** Schedule with the simulated world that it runs in. */
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
    const auditLog = new SimulatedAuditLog(() => faults.hit('AuditLogFull') !== undefined);
    const watcher = new Watcher(time, faults, schedule.fleet.applications ?? [], auditLog.lines);
    const boundary = (process: SimulatedProcess) => {
      watcher.boundaries++;
      return this.#replicas.boundary(process);
    };
    const fail = (rule: Rule, message: string) => void this.#failures.push({ rule, at: time.elapsed, message });
    const shared = { time, faults, observer: watcher, boundary };
    const cluster = new SimulatedCluster(time);
    const apiClients = new ApiClients({ ...shared, cluster });
    const cloud = new SimulatedCloud({
      ...shared,
      seed: seedFrom(schedule.fleet),
      rejectsChangesOf: schedule.rejectsChangesOf,
      rejectsInstallations: schedule.rejectsInstallations,
      missingMembers: schedule.missingMembers ?? {},
    });
    const events =
      schedule.events &&
      new EventDelivery({
        time,
        faults,
        eventFaults: schedule.events,
        seed: schedule.seed,
        account: cloud.seed,
        onRead: (process) => watcher.queueRead(process),
        onDeleted: (process, event) => watcher.eventDeleted(process, event),
      });
    for (const { at, name, workspaceID } of schedule.events?.forged ?? []) {
      time.after(at, () => events?.publish({ name, workspaceID }));
    }
    const awsConnections = new AwsConnections({
      ...shared,
      cloud,
      events,
      pageSize: schedule.pageSize,
      random: seededRandom(schedule.seed + 1),
      crash: (process) => this.#replicas.crash(process),
    });
    watcher.watch(cluster, cloud);
    const actors = new Actors(time, cluster, cloud, watcher, events);
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
        auditLog,
        clientOf: (process, timeoutMs) => apiClients.clientOf(process, timeoutMs),
        connect: (process, clock, signal) => awsConnections.connection(process, clock, signal),
      },
      fail,
    });
    const { watches } = apiClients;
    this.#recovery = new Recovery({ schedule, time, cluster, watches, cloud, actors, watcher, fail });
  }

  async run(until: Until): Promise<Run> {
    for (const { at, action } of this.#schedule.actions) {
      this.#time.after(at, () => this.#actors.perform(action));
    }
    for (const fault of this.#schedule.faults) {
      this.#scheduleFault(fault);
    }
    this.#time.after(0, () => this.#replicas.start());
    await this.#time.runUntil(this.#schedule.ends);
    const { boundaries } = this.#replicas;
    if (until !== 'FaultsEnd') {
      this.#faults.end();
      await this.#replicas.endFaults();
      await this.#recovery.converge();
    }
    if (until === 'QuietDay') {
      await this.#recovery.passQuietDay();
    }
    this.#watcher.auditLogComplete();
    this.#replicas.killAll();
    const violations = [...this.#watcher.violations, ...this.#failures];
    const end = this.#associations();
    const { counts, flapping } = this.#watcher;
    const trace = JSON.stringify([violations, [...end], [...counts], this.#replicas.boundaries, this.#time.elapsed]);
    const { boundariesToLastChange } = this.#watcher;
    const { failedOn } = this.#cloud;
    return { violations, end, counts, flapping, failedOn, boundaries, boundariesToLastChange, trace };
  }

  /** Schedules a fault of processes or watches. Faults of calls apply without this. */
  #scheduleFault(fault: Fault): void {
    const at = (ms: number, action: () => void) => void this.#time.after(ms, () => !this.#faults.isOver && action());
    switch (fault.kind) {
      case 'Restart':
        at(fault.at, () => this.#replicas.restart());
        return;
      case 'SecondReplica':
        at(fault.at, () => this.#replicas.start());
        at(fault.at + fault.for, () => this.#replicas.stopOneOfSeveral());
        return;
      case 'Pause':
        at(fault.at, () => at(fault.for, this.#replicas.pauseOne()));
        return;
      case 'ClockJump':
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

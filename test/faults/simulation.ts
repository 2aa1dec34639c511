import { seededRandom } from '../../src/simulator/random.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import { SimulatedCloud } from './cloud.ts';
import { SimulatedCluster, type Stored } from './cluster.ts';
import { outcomeProblems } from './convergence.ts';
import { ActiveFaults, type Fault } from './faults.ts';
import { SimulatedProcess } from './process.ts';
import { INVALID_INTERVAL } from './rules.ts';
import { type Act, APPLICATIONS, MINUTE, type Schedule } from './schedule.ts';
import { SimulatedTime } from './time.ts';
import { type Violation, Watcher } from './watcher.ts';

const HOUR = 60 * MINUTE;
const POLICIES = 'workspaceapplicationpolicies';
const NAMESPACE = 'desktops';
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
  /** How many boundaries of calls there were until the faults ended. */
  readonly boundaries: number;
  /** How many of them until the last change was sent. */
  readonly boundariesToLastChange: number;
  /** A digest of all that happened. */
  readonly trace: string;
}

/** How far a schedule is run: to the end of its faults, until it has converged, or through a day at rest after that. */
export type Until = 'Story' | 'Outcome' | 'Rest';

/** Runs a schedule from its beginning to a day after its end. */
export function simulate(schedule: Schedule, until: Until = 'Rest'): Promise<Run> {
  return new Simulation(schedule).run(until);
}

class Simulation {
  readonly #schedule: Schedule;
  readonly #time = new SimulatedTime();
  readonly #faults: ActiveFaults;
  readonly #watcher: Watcher;
  readonly #cluster: SimulatedCluster;
  readonly #cloud: SimulatedCloud;
  /** Lengthened once the faults have ended, as nobody disputes the leases then. */
  readonly #leaseTiming = { leaseDuration: 60_000, renewDeadline: 40_000, retryPeriod: 10_000 };
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
    this.#cluster = new SimulatedCluster(this.#time, this.#faults, this.#watcher, boundary);
    this.#cloud = new SimulatedCloud({
      ...shared,
      seed: seedFrom(schedule.fleet),
      pageSize: schedule.pageSize,
      random: this.#random,
      failureOf: () => undefined,
    });
    this.#watcher.watch(this.#cluster, this.#cloud);
  }

  async run(until: Until): Promise<Run> {
    for (const { at, act } of this.#schedule.happenings) {
      this.#time.after(at, () => this.#act(act));
    }
    for (const fault of this.#schedule.faults) {
      this.#plan(fault);
    }
    this.#time.after(0, () => this.#startReplica());
    await this.#time.runUntil(this.#schedule.ends);
    const boundaries = this.#boundaries;
    if (until !== 'Story') {
      await this.#endFaults();
      await this.#time.runUntil(this.#schedule.ends + 20 * MINUTE);
      this.#slowDown('20m');
      await this.#time.runUntil(this.#schedule.ends + this.#schedule.doneWithin);
      this.#checkOutcome();
    }
    if (until === 'Rest') {
      this.#slowDown('8h');
      await this.#time.runUntil(this.#schedule.ends + this.#schedule.doneWithin + AT_REST_FOR);
      this.#checkRest(this.#schedule.ends + this.#schedule.doneWithin);
    }
    this.#replicas.forEach((replica) => void replica.kill());
    const violations = [...this.#watcher.violations, ...this.#failures];
    const end = this.#associations();
    const { counts, flapping } = this.#watcher;
    const trace = JSON.stringify([violations, [...end], [...counts], this.#boundaries, this.#time.elapsed]);
    const { boundariesToLastChange } = this.#watcher;
    return { violations, end, counts, flapping, boundaries, boundariesToLastChange, trace };
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
    await this.#time.runUntil(this.#schedule.ends + 2 * MINUTE);
    if (!this.#replicas.some(({ isAlive, isStopping }) => isAlive && !isStopping)) {
      this.#startReplica();
    }
    await this.#time.runUntil(this.#schedule.ends + 4 * MINUTE);
    Object.assign(this.#leaseTiming, { leaseDuration: 2 * HOUR, renewDeadline: HOUR, retryPeriod: 20 * MINUTE });
  }

  /** People need no news so often any more: a run of a day takes less time. Now and then they leave it at that. */
  #slowDown(interval: string): void {
    for (const { metadata, spec = {} } of this.#schedule.seed % 8 === 0 ? [] : this.#cluster.list(POLICIES)) {
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
      clientOf: (process, timeoutMs) => this.#cluster.clientOf(process, timeoutMs),
      connect: (process, clock, signal) => this.#cloud.connection(process, clock, signal),
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
    process.kill();
    this.#replicas = this.#replicas.filter((one) => one !== process);
    this.#time.after(1_000 + (this.#boundaries % 10) * 1_000, () => this.#startReplica());
    return true;
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

  #act(act: Act): void {
    const { simulated } = this.#cloud;
    const workspace = 'workspaceId' in act ? this.#cloud.workspace(act.workspaceId) : undefined;
    if ('workspaceId' in act) {
      if (workspace === undefined) {
        return;
      }
      this.#watcher.disturbedAt.set(act.workspaceId, this.#time.elapsed);
    }
    switch (act.do) {
      case 'Apply':
        this.#cluster.apply(POLICIES, manifest('WorkspaceApplicationPolicy', act.name, act.spec, NAMESPACE));
        return;
      case 'Delete':
        this.#watcher.policyDeleted(`${NAMESPACE}/${act.name}`);
        this.#cluster.remove(POLICIES, `${NAMESPACE}/${act.name}`);
        return;
      case 'Request':
        this.#cluster.annotate(POLICIES, `${NAMESPACE}/${act.name}`, {
          'wsap.dev/reconcile-requested-at': String(this.#time.elapsed),
        });
        return;
      case 'Approve':
        this.#approve();
        return;
      case 'Fleet':
        this.#cluster.apply('workspacefleets', manifest('WorkspaceFleet', 'emea', act.spec));
        return;
      case 'Label':
        this.#cluster.apply('namespaces', { kind: 'Namespace', metadata: { name: NAMESPACE, labels: act.labels } });
        return;
      case 'Rebuild':
        // AWS installs again what was removed.
        for (const { applicationId, state } of workspace?.associations.values() ?? []) {
          if (state === 'REMOVED' || state.includes('UNINSTALL')) {
            simulated.putAssociation(act.workspaceId, applicationId);
          }
        }
        break;
      case 'Migrate':
        simulated.migrateWorkspace(act.workspaceId, act.newId);
        break;
      case 'Terminate':
        simulated.terminateWorkspace(act.workspaceId);
        break;
      case 'Protect':
        simulated.setWorkspace(act.workspaceId, { tags: { ...workspace?.tags, 'wsap.dev/protect': 'yes' } });
        break;
      case 'Unprotect': {
        const { 'wsap.dev/protect': _, ...tags } = workspace?.tags ?? {};
        simulated.setWorkspace(act.workspaceId, { tags });
        break;
      }
      case 'State':
        simulated.setWorkspace(act.workspaceId, { state: act.state });
        break;
      case 'Connection':
        simulated.setWorkspace(act.workspaceId, { connection: act.connection });
        break;
      default:
        this.#byHand(act);
    }
    this.#cloud.changed();
  }

  /** In the console, which AWS may refuse. */
  #byHand(
    act: Extract<
      Act,
      { do: 'Associate' | 'Disassociate' | 'Deploy' | 'Rebuild' | 'Terminate' | 'Protect' | 'Unprotect' }
    >,
  ): void {
    try {
      if (act.do === 'Deploy') {
        this.#cloud.simulated.call('DeployWorkspaceApplications', { WorkspaceId: act.workspaceId });
      } else if ('applicationId' in act) {
        const input = { WorkspaceId: act.workspaceId, ApplicationId: act.applicationId };
        this.#cloud.simulated.call(`${act.do}WorkspaceApplication`, input);
      }
    } catch {
      // Refused.
    }
  }

  /** A person reads each status, and approves the plan that it shows. */
  #approve(): void {
    for (const object of this.#cluster.list(POLICIES)) {
      const { name, namespace } = object.metadata;
      const id = (object.status?.plan as { id?: string } | undefined)?.id;
      if (id !== undefined) {
        this.#watcher.approved(`${namespace}/${name}`, object);
        this.#cluster.annotate(POLICIES, `${namespace}/${name}`, { 'wsap.dev/approved-plan': id });
      }
    }
  }

  #checkOutcome(): void {
    for (const problem of outcomeProblems(this.#cluster, this.#cloud, this.#watcher, this.#time.now)) {
      this.#fail('Converges', problem);
    }
  }

  #checkRest(since: number): void {
    if (this.#watcher.lastChangeAt > since && this.#watcher.flapping.size === 0) {
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

function manifest(kind: string, name: string, spec: object, namespace?: string): Stored {
  return {
    apiVersion: 'wsap.dev/v1alpha1',
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: structuredClone(spec) as Record<string, unknown>,
  };
}

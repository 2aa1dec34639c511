import { awsFleetOver, type Clients } from '../../src/aws/createAwsFleet.ts';
import type { RateLimiter } from '../../src/aws/rateLimiter.ts';
import type { Clock } from '../../src/clock.ts';
import type { ApiRequest } from '../../src/kube/apiClient.ts';
import type { FleetConfig } from '../../src/policy/workspaceFleet.ts';
import { seededRandom } from '../../src/simulator/random.ts';
import { fleetObject, policyObject } from '../builders.ts';
import { SimulatedAuditLog } from '../faults/auditLog.ts';
import { ApiClients } from '../faults/cluster/apiClients.ts';
import { SimulatedCluster, type StoredObject } from '../faults/cluster/simulatedCluster.ts';
import { ActiveFaults } from '../faults/faults.ts';
import { type ProcessOptions, SimulatedProcess } from '../faults/process.ts';
import { SimulatedTime } from '../faults/time.ts';
import { DriftedPages } from './driftedAws.ts';
import { type FleetShape, RARE, syntheticClient } from './syntheticAws.ts';

/** Default lease timing of the operator. */
const LEASE_TIMING = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };
/** Latency of a call to AWS (ms). */
const AWS_LATENCY_MS = 50;
const SECOND = 1_000;

/** Account of a fleet with its calls. */
interface Account {
  readonly pages: DriftedPages;
  readonly client: { send(command: object): Promise<object> };
  calls: number;
  /** Process that made the last call. */
  caller: SimulatedProcess | undefined;
}

/** Operators of several replicas, each with the real code, over one API server and one AWS account for each fleet. */
export class ReplicaCluster {
  readonly time = new SimulatedTime();
  readonly #accounts: Account[];
  readonly #clients: ApiClients;
  readonly #replicas: SimulatedProcess[] = [];
  readonly #requests = new Map<SimulatedProcess, number>();
  readonly #calls = new Map<SimulatedProcess, number>();

  /** Creates the fleets, with a policy for each that removes an application. */
  constructor(fleets: number, shape: FleetShape) {
    const { time } = this;
    const world: Clock = {
      now: () => new Date(time.now),
      monotonic: () => time.elapsed,
      sleep: (ms) => new Promise((resolve) => void time.after(ms, resolve)),
    };
    this.#accounts = Array.from({ length: fleets }, () => {
      const pages = new DriftedPages(shape, world);
      return {
        pages,
        client: syntheticClient(pages, world) as unknown as Account['client'],
        calls: 0,
        caller: undefined,
      };
    });
    const cluster = new SimulatedCluster(time);
    cluster.apply('namespaces', { kind: 'Namespace', metadata: { name: 'desktops' } });
    for (let n = 0; n < fleets; n++) {
      const name = fleetName(n);
      cluster.apply('workspacefleets', fleetObject(name) as StoredObject);
      const policy = policyObject(name, { fleetRef: { name }, applications: { denied: [{ id: RARE }] } });
      cluster.apply('workspaceapplicationpolicies', policy as StoredObject);
    }
    const nothing = () => {};
    this.#clients = new ApiClients({
      cluster,
      time,
      faults: new ActiveFaults([], 1, time),
      observer: { objectsReceived: nothing, objectDeleted: nothing, contacted: nothing, statusWritten: nothing },
      boundary: () => false,
    });
  }

  get replicas(): readonly SimulatedProcess[] {
    return this.#replicas;
  }

  /** Number of calls to AWS. */
  get calls(): number {
    return this.#accounts.reduce((sum, { calls }) => sum + calls, 0);
  }

  /** Number of removals that are complete. */
  get completed(): number {
    return this.#accounts.reduce((sum, { pages }) => sum + pages.completed, 0);
  }

  /** Returns the number of fleets for which a replica made the last call. */
  fleetsOf(replica: SimulatedProcess): number {
    return this.#accounts.filter(({ caller }) => caller === replica).length;
  }

  /** Returns the number of calls to AWS of a replica. */
  callsOf(replica: SimulatedProcess): number {
    return this.#calls.get(replica) ?? 0;
  }

  /** Returns the number of requests of a replica to the API server. Watches do not count. */
  requestsOf(replica: SimulatedProcess): number {
    return this.#requests.get(replica) ?? 0;
  }

  /** Starts replicas one second apart, as a rollout of a Deployment does. */
  start(count: number): void {
    for (let n = 0; n < count; n++) {
      const replica = new SimulatedProcess({
        auditLog: new SimulatedAuditLog(() => false),
        identity: `replica-${n}`,
        time: this.time,
        wallClockOffsetMs: () => 0,
        random: seededRandom(n + 1),
        leaseTiming: LEASE_TIMING,
        clientOf: (process, timeoutMs) => this.#clientOf(process, timeoutMs),
        connect: (process, clock, signal, fleet) => this.#connect(process, clock, signal, fleet),
        onEnd: (process, error) => {
          throw new Error(`${process.identity} exited`, { cause: error });
        },
      });
      this.#replicas.push(replica);
      this.time.after(n * SECOND, () => replica.start());
    }
  }

  /** Advances the time, one second at a time, until a condition is met. */
  async runUntil(isMet: () => boolean, maxMs: number): Promise<void> {
    while (!isMet()) {
      if (this.time.elapsed >= maxMs) {
        throw new Error(`the condition is not met after ${maxMs} ms`);
      }
      await this.time.runUntil(this.time.elapsed + SECOND);
    }
  }

  #clientOf(process: SimulatedProcess, timeoutMs: number): ReturnType<ProcessOptions['clientOf']> {
    const client = this.#clients.clientOf(process, timeoutMs);
    const request = (sent: ApiRequest) => {
      this.#requests.set(process, this.requestsOf(process) + 1);
      return client.request(sent);
    };
    return { request, lines: client.lines } as unknown as ReturnType<ProcessOptions['clientOf']>;
  }

  #connect(process: SimulatedProcess, clock: Clock, signal: AbortSignal, { name = '' }: FleetConfig) {
    const n = Number(name.slice('fleet-'.length));
    const account = this.#accounts[n] as Account;
    const location = { partition: 'aws', accountID: String(100_000_000_000 + n), region: 'eu-central-1' };
    const delivered = (action: () => void) => void this.time.after(AWS_LATENCY_MS, () => process.deliver(action));
    const send = (command: object) =>
      new Promise((resolve, reject) => {
        account.calls++;
        account.caller = process;
        this.#calls.set(process, this.callsOf(process) + 1);
        account.client.send(command).then(
          (answer) => delivered(() => resolve(answer)),
          (error: unknown) => delivered(() => reject(error)),
        );
      });
    return {
      identify: () =>
        new Promise<{ accountID: string; arn: string; region: string }>((resolve) => {
          const { accountID, region } = location;
          delivered(() => resolve({ accountID, arn: `arn:aws:iam::${accountID}:role/wsap`, region }));
        }),
      fleet: (rateLimiter: RateLimiter) =>
        awsFleetOver({ workspaces: { send }, tagging: { send } } as unknown as Clients, {
          rateLimiter,
          clock,
          random: () => 0.5,
          signal,
          location,
        }),
    };
  }
}

function fleetName(n: number): string {
  return `fleet-${n}`;
}

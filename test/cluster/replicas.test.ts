import { expect, test } from 'vitest';
import { LEASES, type Lease } from '../../src/kube/lease.ts';
import { LeaseNames } from '../../src/operator/ownership/leaseNames.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';
import { DEFAULT_TIMING, OperatorProcess } from './operatorProcess.ts';

const FLEETS = ['f1', 'f2', 'f3', 'f4', 'f5'];

/** Replicas that share five fleets in five accounts. */
class Replicas implements AsyncDisposable {
  readonly harness: ClusterHarness;
  readonly #others: OperatorProcess[] = [];
  readonly #names: LeaseNames;
  readonly #flags: readonly string[];

  private constructor(harness: ClusterHarness, flags: readonly string[]) {
    this.harness = harness;
    this.#names = new LeaseNames(harness.namespace);
    this.#flags = flags;
  }

  /** Starts the fleets with a first replica. */
  static async start(
    workspaces: number,
    flags: readonly string[] = [],
    more: Parameters<typeof fleetOf>[2] = {},
  ): Promise<Replicas> {
    const account = (n: number) =>
      fleetOf(workspaces, 1, { accountID: String(n).repeat(12), roles: [{ name: 'wsap' }], ...more });
    const harness = await ClusterHarness.start(account(1), flags, [2, 3, 4, 5].map(account));
    for (const [index, fleet] of FLEETS.entries()) {
      await harness.applyFleet(fleet, { roleARN: `arn:aws:iam::${String(index + 1).repeat(12)}:role/wsap` });
    }
    return new Replicas(harness, flags);
  }

  /** Starts another replica. */
  startReplica(): OperatorProcess {
    const { namespace, simulator } = this.harness;
    const replica = new OperatorProcess({ namespace, endpoint: simulator.url, flags: this.#flags }).start();
    this.#others.push(replica);
    return replica;
  }

  /** Applies a policy for each fleet. By default, it removes Visio from all WorkSpaces of the fleet. */
  async applyPolicies(spec: Parameters<ClusterHarness['apply']>[1] = {}): Promise<void> {
    for (const fleet of FLEETS) {
      const fleetRef = { name: this.harness.fleetName(fleet) };
      await this.harness.apply(`in-${fleet}`, { fleetRef, interval: '5s', ...spec });
    }
  }

  /** Returns the holder of each fleet's lease, in the order of FLEETS. */
  async owners(): Promise<(string | undefined)[]> {
    const names = FLEETS.map((fleet) => this.#names.ofFleet(this.harness.fleetName(fleet)));
    const leases = await Promise.all(
      names.map((name) =>
        this.harness.client.request<Lease>({ verb: 'get', resource: LEASES, namespace: 'default', name }),
      ),
    );
    return leases.map(({ spec }) => spec?.holderIdentity);
  }

  /**
   * Waits until the number of fleets for each replica, in ascending order, equals `counts`. Returns the replicas with
   * these numbers.
   */
  async waitForDistribution(...counts: number[]): Promise<[string, number][]> {
    return eventuallyReported(async () => {
      const owners = await this.owners();
      expect(owners, 'each fleet has an owner').not.toContain(undefined);
      const spread = [...Map.groupBy(owners, (owner) => owner ?? '')]
        .map(([owner, of]): [string, number] => [owner, of.length])
        .sort(([, a], [, b]) => a - b);
      expect(spread.map(([, count]) => count)).toEqual(counts);
      return spread;
    });
  }

  /** Returns all changes of all fleets, each with its account. */
  changes(): string[] {
    const { simulator } = this.harness;
    return [simulator, ...simulator.others].flatMap((scope) =>
      this.harness.changes(scope).map((change) => `${scope.accountID} ${change}`),
    );
  }

  /** Returns the changes that remove Visio from each WorkSpace of each fleet exactly once. */
  expectedChanges(): string[] {
    const { simulator } = this.harness;
    return [simulator, ...simulator.others].flatMap(({ accountID, simulated }) =>
      simulated.workspaces.flatMap(({ workspaceID }) => [
        `${accountID} Disassociate ${workspaceID} ${VISIO}`,
        `${accountID} Deploy ${workspaceID}`,
      ]),
    );
  }

  async waitForCompliance(): Promise<void> {
    for (const fleet of FLEETS) {
      await this.harness.waitForCondition(`in-${fleet}`, 'Compliant', 'True');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#others.map((replica) => replica.kill()));
    await this.harness[Symbol.asyncDispose]();
  }
}

test('two replicas share five fleets, and take over those of a killed replica when its lease ends', async () => {
  await using replicas = await Replicas.start(2, DEFAULT_TIMING);
  await replicas.applyPolicies();
  await replicas.waitForDistribution(5);
  const second = replicas.startReplica();
  await replicas.waitForDistribution(2, 3);
  await replicas.waitForCompliance();

  await second.kill();
  // Without a takeover, the wait would never end.
  await replicas.waitForDistribution(5);
  expect(await replicas.harness.operator.stop()).toBe(0);
  expect(replicas.changes().sort()).toEqual(replicas.expectedChanges().sort());
});

test('a replica takes over the fleets of a stopped one before their leases would have ended, and releases them when it stops', async () => {
  // The leases would end long after the timeout of the wait for the takeover.
  await using replicas = await Replicas.start(2, [...DEFAULT_TIMING, '--lease-duration', '1h']);
  await replicas.applyPolicies();
  await replicas.waitForDistribution(5);
  const second = replicas.startReplica();
  await replicas.waitForDistribution(2, 3);
  await replicas.waitForCompliance();

  expect(await replicas.harness.operator.stop()).toBe(0);
  await replicas.waitForDistribution(5);
  expect(await second.stop()).toBe(0);
  expect(await replicas.owners()).toEqual(FLEETS.map(() => undefined));
  expect(replicas.changes().sort()).toEqual(replicas.expectedChanges().sort());
});

test('a replica that is paused until another one holds its leases makes no change when it resumes', async () => {
  await using replicas = await Replicas.start(6);
  const { operator } = replicas.harness;
  // Otherwise, the lease of the last fleet may not exist when the first one has changes.
  await replicas.applyPolicies({ enforcement: 'Audit' });
  await replicas.waitForDistribution(5);
  await replicas.applyPolicies();
  await eventually(() => expect(replicas.changes().length).toBeGreaterThan(3));
  operator.signal('SIGSTOP');
  const ownersBefore = await replicas.owners();
  replicas.startReplica();
  await eventuallyReported(async () => {
    for (const [index, owner] of (await replicas.owners()).entries()) {
      expect(owner).not.toBe(ownersBefore[index]);
    }
  });
  operator.signal('SIGCONT');
  await replicas.waitForCompliance();
  await replicas.waitForDistribution(2, 3);
  expect(replicas.changes().sort()).toEqual(replicas.expectedChanges().sort());
});

const KILLS = Number(process.env.WSAP_KILLS ?? 5);

test(
  `during ${KILLS} kills of working replicas, no change is repeated or lost`,
  async () => {
    // Each call takes a while, so that changes remain for the last kill.
    const faults = [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 500 } as const];
    await using replicas = await Replicas.start(Math.max(6, Math.ceil(KILLS / 3)), [], { faults });
    const whileHealthy = [replicas.harness.operator, replicas.startReplica()];
    await replicas.applyPolicies({ enforcement: 'Audit' });
    await replicas.waitForDistribution(2, 3);
    await replicas.applyPolicies();
    for (let kills = 0; kills < KILLS; kills++) {
      const before = replicas.changes().length;
      const all = replicas.expectedChanges().length;
      await eventually(() => expect(replicas.changes().length).toBeGreaterThan(Math.min(before, all - 1)));
      await whileHealthy.shift()?.kill();
      whileHealthy.push(replicas.startReplica());
    }
    await replicas.waitForCompliance();
    expect(replicas.changes().sort()).toEqual(replicas.expectedChanges().sort());
  },
  120_000 + KILLS * 30_000,
);

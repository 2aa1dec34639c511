import { expect, test } from 'vitest';
import { LEASES, type Lease } from '../../src/kube/lease.ts';
import { LeaseNames } from '../../src/operator/ownership/leaseNames.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';
import { DEFAULT_TIMING, OperatorProcess } from './operatorProcess.ts';

const FLEETS = ['f1', 'f2', 'f3', 'f4', 'f5'];

/** Five fleets in five accounts, and replicas that share them. */
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

  /** The first of them runs already. */
  static async begin(workspaces: number, flags: readonly string[] = []): Promise<Replicas> {
    const account = (n: number) =>
      fleetOf(workspaces, 1, { accountID: String(n).repeat(12), roles: [{ name: 'wsap' }] });
    const harness = await ClusterHarness.begin(account(1), flags, [2, 3, 4, 5].map(account));
    for (const [index, fleet] of FLEETS.entries()) {
      await harness.applyFleet(fleet, { roleARN: `arn:aws:iam::${String(index + 1).repeat(12)}:role/wsap` });
    }
    return new Replicas(harness, flags);
  }

  /** Starts another replica. */
  start(): OperatorProcess {
    const { namespace, simulator } = this.harness;
    const replica = new OperatorProcess({ namespace, endpoint: simulator.url, flags: this.#flags }).start();
    this.#others.push(replica);
    return replica;
  }

  /** A policy for each fleet, which takes Visio from all its WorkSpaces. */
  async applyPolicies(): Promise<void> {
    for (const fleet of FLEETS) {
      await this.harness.apply(`in-${fleet}`, { fleetRef: { name: this.harness.fleetName(fleet) }, interval: '5s' });
    }
  }

  /** Who holds the lease of each fleet, the last in the order of FLEETS. */
  async owners(): Promise<(string | undefined)[]> {
    const names = FLEETS.map((fleet) => this.#names.ofFleet(this.harness.fleetName(fleet)));
    const leases = await Promise.all(
      names.map((name) =>
        this.harness.client.request<Lease>({ verb: 'get', resource: LEASES, namespace: 'default', name }),
      ),
    );
    return leases.map(({ spec }) => spec?.holderIdentity);
  }

  /** Waits until fleets are spread as told, as 2 and 3; returns the replicas with how many each has, the fewest first. */
  async untilSpread(...counts: number[]): Promise<[string, number][]> {
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

  /** All changes that reached any of the fleets, each with its account. */
  changes(): string[] {
    const { simulator } = this.harness;
    return [simulator, ...simulator.others].flatMap((scope) =>
      this.harness.changes(scope).map((change) => `${scope.accountID} ${change}`),
    );
  }

  /** What takes Visio from each WorkSpace of each fleet, once. */
  everyChangeOnce(): string[] {
    const { simulator } = this.harness;
    return [simulator, ...simulator.others].flatMap(({ accountID, simulated }) =>
      simulated.workspaces.flatMap(({ workspaceID }) => [
        `${accountID} Disassociate ${workspaceID} ${VISIO}`,
        `${accountID} Deploy ${workspaceID}`,
      ]),
    );
  }

  async untilCompliant(): Promise<void> {
    for (const fleet of FLEETS) {
      await this.harness.untilCondition(`in-${fleet}`, 'Compliant', 'True');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#others.map((replica) => replica.kill()));
    await this.harness[Symbol.asyncDispose]();
  }
}

/** Seconds until a condition holds. */
async function secondsUntil(condition: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await condition();
  return (performance.now() - start) / 1000;
}

test('two replicas share five fleets; those of one that is killed are taken over within 17 s, of one that stops within 3 s', async () => {
  await using replicas = await Replicas.begin(2, DEFAULT_TIMING);
  await replicas.applyPolicies();
  await replicas.untilSpread(5);
  const second = replicas.start();
  await replicas.untilSpread(2, 3);
  await replicas.untilCompliant();

  await second.kill();
  expect(await secondsUntil(() => replicas.untilSpread(5))).toBeLessThan(17);

  const third = replicas.start();
  await replicas.untilSpread(2, 3);
  await replicas.harness.operator.stop();
  expect(await secondsUntil(() => replicas.untilSpread(5))).toBeLessThan(3);
  expect(await third.stop()).toBe(0);
  expect(await replicas.owners()).toEqual(FLEETS.map(() => undefined));
  expect(replicas.changes().sort()).toEqual(replicas.everyChangeOnce().sort());
});

test('a replica that is frozen until its leases are another’s changes nothing when it goes on', async () => {
  await using replicas = await Replicas.begin(6);
  const { operator } = replicas.harness;
  await replicas.applyPolicies();
  await eventually(() => expect(replicas.changes().length).toBeGreaterThan(3));
  operator.signal('SIGSTOP');
  const frozen = await replicas.owners();
  replicas.start();
  await eventuallyReported(async () => {
    for (const [index, owner] of (await replicas.owners()).entries()) {
      expect(owner).not.toBe(frozen[index]);
    }
  });
  operator.signal('SIGCONT');
  await replicas.untilCompliant();
  await replicas.untilSpread(2, 3);
  expect(replicas.changes().sort()).toEqual(replicas.everyChangeOnce().sort());
});

const KILLS = Number(process.env.WSAP_KILLS ?? 5);

test(
  `over ${KILLS} kills of replicas at work no change is sent twice, and none is lost`,
  async () => {
    await using replicas = await Replicas.begin(Math.max(4, Math.ceil(KILLS / 3)));
    const alive = [replicas.harness.operator, replicas.start()];
    await replicas.applyPolicies();
    for (let kills = 0; kills < KILLS; kills++) {
      const before = replicas.changes().length;
      await eventually(() => expect(replicas.changes().length).toBeGreaterThan(before));
      await alive.shift()?.kill();
      alive.push(replicas.start());
    }
    await replicas.untilCompliant();
    expect(replicas.changes().sort()).toEqual(replicas.everyChangeOnce().sort());
  },
  120_000 + KILLS * 30_000,
);

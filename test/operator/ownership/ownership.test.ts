import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LeaseManager } from '../../../src/kube/leaseManager.ts';
import type { FleetName } from '../../../src/operator/fleetStore.ts';
import { LeaseNames } from '../../../src/operator/ownership/leaseNames.ts';
import { Ownership } from '../../../src/operator/ownership/ownership.ts';
import { seededRandom } from '../../../src/simulator/random.ts';
import { VirtualClock } from '../../fakes/clock.ts';
import { FakeLeases } from '../../fakes/leases.ts';

const SECOND = 1_000;
const STEP = 200;
const TIMING = { leaseDuration: 15 * SECOND, renewDeadline: 10 * SECOND, retryPeriod: 2 * SECOND };
const NAMES = new LeaseNames(undefined);

let clock: VirtualClock;
let leases: FakeLeases;
let replicas: Replica[];
/** Where AWS says that a fleet is. */
let placeOf: (name: FleetName) => string;
let fleets: FleetName[];

beforeEach(() => {
  clock = new VirtualClock();
  leases = new FakeLeases();
  replicas = [];
  fleets = ['f1', 'f2', 'f3', 'f4', 'f5'];
  placeOf = (name) => `account-of-${name ?? 'ambient'}/eu-central-1`;
});

afterEach(() => {
  for (const replica of [...replicas]) {
    replica.crash();
  }
});

/** A process that shares the fleets, as far as its leases are concerned. */
class Replica {
  readonly identity: string;
  readonly ownership: Ownership;
  /** Whether requests to the API server get an answer. */
  readonly link: { isUp: boolean };
  readonly left: string[] = [];
  /** What it does in its fleets, which a hand-over waits for. */
  work: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();
  readonly #sharing: Promise<void>;

  constructor(identity: string) {
    this.identity = identity;
    const link: ReturnType<FakeLeases['link']> = leases.link((change) => own.observe(change) && this.ownership.wake());
    this.link = link;
    const own: LeaseManager = new LeaseManager({
      client: link.api,
      identity,
      timing: TIMING,
      clock,
      onError: () => {},
    });
    for (const object of leases.all.values()) {
      own.observe({ type: 'Added', object });
    }
    this.ownership = new Ownership({
      leases: own,
      names: NAMES,
      identity,
      timing: TIMING,
      fleets: () => fleets,
      refresh: async () => {},
      onGained: (name) => {
        const ownedFleet = this.ownership.owned(name);
        void ownedFleet?.track(async () => {
          await this.ownership.locate(name, placeOf(name));
          await this.work;
        });
      },
      onLost: () => {},
      onLeft: (scope) => this.left.push(scope),
      clock,
      log: pino({ level: 'silent' }),
    });
    replicas.push(this);
    this.#sharing = this.ownership.run(this.#stopping.signal);
  }

  /** The fleets that it may change now. */
  get acting(): string[] {
    return fleets.filter((name) => this.ownership.owned(name)?.mayAct === true).map((name) => name ?? '');
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sharing;
    await this.ownership.stop();
    this.#remove();
  }

  /** As `kill -9`. */
  crash(): void {
    this.link.isUp = false;
    this.#stopping.abort();
    this.#remove();
  }

  #remove(): void {
    leases.unlink(this.link as never);
    replicas = replicas.filter((one) => one !== this);
  }
}

/** Lets time pass; at any moment each fleet, and each place, has at most one replica that acts. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP) {
    await clock.advance(STEP);
    const acting = replicas.flatMap((replica) => replica.acting);
    expect(acting.length, 'a fleet has two owners').toBe(new Set(acting).size);
    const scopes = replicas.flatMap((replica) => [...new Set(replica.acting.map((name) => placeOf(name)))]);
    expect(scopes.length, 'a place has two owners').toBe(new Set(scopes).size);
  }
}

const acting = () => replicas.map((replica) => replica.acting.join(' '));

test('one replica takes every fleet at once', async () => {
  new Replica('a');
  await pass(200);
  expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
});

test('a second one gets its share within seconds, and the first keeps the rest', async () => {
  new Replica('a');
  await pass(5 * SECOND);
  new Replica('b');
  await pass(5 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3', 'f4 f5']);
});

test('the fleets of a replica that crashed are taken over within 17 seconds', async () => {
  const first = new Replica('a');
  new Replica('b');
  await pass(10 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3', 'f4 f5']);
  first.crash();
  await pass(17 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
});

test('those of one that stops are taken over within three seconds, and its own lease is gone', async () => {
  const first = new Replica('a');
  new Replica('b');
  await pass(10 * SECOND);
  await first.stop();
  await pass(3 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
  expect(leases.all.has(NAMES.ofReplica('a'))).toBe(false);
});

test('a fleet is handed over once what is in flight in it has ended', async () => {
  const first = new Replica('a');
  const { promise, resolve } = Promise.withResolvers<void>();
  first.work = promise;
  await pass(2 * SECOND);
  new Replica('b');
  await pass(30 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3', '']);
  resolve();
  await pass(5 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3', 'f4 f5']);
});

describe('a replica that the API server doesn’t answer', () => {
  test('stops acting before another takes over, and gives up what was taken when it is answered again', async () => {
    const first = new Replica('a');
    new Replica('b');
    await pass(10 * SECOND);
    first.link.isUp = false;
    await pass(10 * SECOND);
    expect(first.acting).toEqual([]);
    await pass(7 * SECOND);
    expect(acting()).toEqual(['', 'f1 f2 f3 f4 f5']);
    first.link.isUp = true;
    await pass(10 * SECOND);
    expect(acting()).toEqual(['f4 f5', 'f1 f2 f3']);
  });

  test('goes on with what it had if nobody has taken it meanwhile', async () => {
    const only = new Replica('a');
    await pass(5 * SECOND);
    const before = only.ownership.owned('f1');
    only.link.isUp = false;
    await pass(60 * SECOND);
    expect(acting()).toEqual(['']);
    only.link.isUp = true;
    await pass(3 * SECOND);
    expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
    expect(only.ownership.owned('f1')).toBe(before);
  });
});

describe('fleets that turn out to be in one account and region', () => {
  beforeEach(() => {
    placeOf = (name) => (name === 'f1' || name === 'f4' ? 'shared/eu-central-1' : `account-of-${name}/eu-central-1`);
  });

  test('come to the same replica', async () => {
    new Replica('a');
    new Replica('b');
    await pass(20 * SECOND);
    const owners = replicas.filter((replica) => replica.acting.includes('f1') || replica.acting.includes('f4'));
    expect(owners).toHaveLength(1);
    expect(replicas.flatMap((replica) => replica.acting).sort()).toEqual(fleets);
    expect(replicas.map((replica) => replica.acting.length).sort()).toEqual([2, 3]);
  });

  test('go to another one together, and the first forgets what it knew of the place', async () => {
    const first = new Replica('a');
    new Replica('b');
    await pass(20 * SECOND);
    const owner = replicas.find((replica) => replica.acting.includes('f1')) ?? first;
    await owner.stop();
    await pass(5 * SECOND);
    expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
    expect(owner.left).toContain('shared/eu-central-1');
  });
});

test('a fleet that is gone is given up, and its lease deleted', async () => {
  new Replica('a');
  await pass(2 * SECOND);
  fleets = ['f1', 'f2'];
  await pass(3 * SECOND);
  expect(acting()).toEqual(['f1 f2']);
  expect(leases.all.has(NAMES.ofFleet('f3'))).toBe(false);
});

test('the leases of replicas that died are deleted in the end', async () => {
  new Replica('a').crash();
  new Replica('b');
  await pass(2 * 60 * SECOND);
  expect([...leases.all.keys()].filter((name) => NAMES.isOfReplica(name))).toEqual([NAMES.ofReplica('b')]);
});

test('a lease that a person has labelled stays where it is, and one that a person has deleted is taken again', async () => {
  const only = new Replica('a');
  await pass(2 * SECOND);
  const before = only.ownership.owned('f1');
  leases.edit(NAMES.ofFleet('f1'), (lease) => ({ ...lease, metadata: { ...lease.metadata, labels: { by: 'hand' } } }));
  await pass(5 * SECOND);
  expect(only.ownership.owned('f1')).toBe(before);
  leases.remove(NAMES.ofFleet('f1'));
  await pass(5 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
  expect(only.ownership.owned('f1')).not.toBe(before);
});

test.each([1, 2, 3])(
  'whatever happens to replicas, no fleet has two owners, and each has one in the end (schedule %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const pick = <T>(some: readonly T[]) => some[Math.floor(random() * some.length)];
    placeOf = (name) => (name === 'f2' || name === 'f3' ? 'shared/eu-central-1' : `account-of-${name}/eu-central-1`);
    let born = 0;
    const start = () => new Replica(`r${born++}`);
    start();
    for (let step = 0; step < 25; step++) {
      const replica = pick(replicas);
      const happening = pick(['start', 'crash', 'stop', 'cut', 'mend', 'nothing']);
      if (happening === 'start' && replicas.length < 4) {
        start();
      }
      if (happening === 'crash') {
        replica?.crash();
      }
      if (happening === 'stop' && replica?.link.isUp) {
        void replica.stop();
      }
      if (replica !== undefined && (happening === 'cut' || happening === 'mend')) {
        replica.link.isUp = happening === 'mend';
      }
      await pass(Math.floor(random() * 80) * STEP);
    }
    for (const replica of replicas) {
      replica.link.isUp = true;
    }
    start();
    await pass(60 * SECOND);
    expect(replicas.flatMap((replica) => replica.acting).sort()).toEqual(fleets);
  },
);

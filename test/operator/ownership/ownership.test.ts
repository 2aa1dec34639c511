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
/** Returns the AWS scope of a fleet. */
let scopeOf: (name: FleetName) => string;
let fleets: FleetName[];
let annotationsOf: (name: FleetName) => Record<string, string>;

beforeEach(() => {
  clock = new VirtualClock();
  leases = new FakeLeases();
  replicas = [];
  fleets = ['f1', 'f2', 'f3', 'f4', 'f5'];
  annotationsOf = () => ({});
  scopeOf = (name) => `account-of-${name ?? 'ambient'}/eu-central-1`;
});

afterEach(() => {
  for (const replica of [...replicas]) {
    replica.crash();
  }
});

/** Replica that distributes fleets by leases. */
class Replica {
  readonly identity: string;
  readonly ownership: Ownership;
  /** Claim of the operator, which all of its replicas share. */
  readonly cluster = { isAdmitted: true, mayAct: true, isHeld: true };
  /** Connection to the API server. */
  readonly link: { isUp: boolean };
  readonly left: string[] = [];
  /** Messages of its log about its role. */
  readonly roles: string[] = [];
  /** Work in its fleets, which a release waits for. */
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
      cluster: this.cluster,
      identity,
      timing: TIMING,
      fleets: () => fleets,
      annotationsOf: (name) => annotationsOf(name),
      refresh: async () => {},
      clock,
      log: pino({}, { write: (line) => this.#readLog(JSON.parse(line)) }),
    });
    this.ownership.subscribe({
      onGained: (name) => {
        const ownedFleet = this.ownership.owned(name);
        void ownedFleet?.track(async () => {
          await this.ownership.locate(name, scopeOf(name));
          await this.work;
        });
      },
      onLost: () => {},
      onScopeLeft: (scope) => this.left.push(scope),
    });
    replicas.push(this);
    this.#sharing = this.ownership.run(this.#stopping.signal);
  }

  #readLog({ msg, owners = [], level }: { msg: string; owners?: string[]; level: number }): void {
    if (msg.startsWith('replica')) {
      this.roles.push([level, msg, ...owners].join(' '));
    }
  }

  /** Returns the fleets that it may change. */
  get acting(): string[] {
    return fleets.filter((name) => this.ownership.owned(name)?.mayAct === true).map((name) => name ?? '');
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sharing;
    await this.ownership.stop();
    this.#remove();
  }

  /** Ends the replica like `kill -9`. */
  crash(): void {
    this.link.isUp = false;
    this.#stopping.abort();
    this.#remove();
  }

  #remove(): void {
    leases.unlink(this.link as never);
    replicas = replicas.filter((replica) => replica !== this);
  }
}

/** Advances time. At all times, each fleet and each scope has at most one active replica. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP) {
    await clock.advance(STEP);
    const acting = replicas.flatMap((replica) => replica.acting);
    expect(acting.length, 'a fleet has two owners').toBe(new Set(acting).size);
    const scopes = replicas.flatMap((replica) => [...new Set(replica.acting.map((name) => scopeOf(name)))]);
    expect(scopes.length, 'a scope has two owners').toBe(new Set(scopes).size);
  }
}

const acting = () => replicas.map((replica) => replica.acting.join(' '));

test('a single replica acquires every fleet immediately', async () => {
  new Replica('a');
  await pass(200);
  expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
});

test('a lease gets the annotations of its fleet when it is acquired and when they change', async () => {
  annotationsOf = (name) => ({ 'wsap.dev/fleet': name ?? '' });
  const annotations = () => leases.all.get(NAMES.ofFleet('f1'))?.metadata.annotations;
  const replica = new Replica('a');
  await pass(200);
  expect(annotations()).toMatchObject({ 'wsap.dev/fleet': 'f1' });

  annotationsOf = () => ({ 'wsap.dev/ambient-fleet-ended': 'true' });
  replica.link.isUp = false;
  await pass(3 * SECOND);
  replica.link.isUp = true;
  await pass(3 * SECOND);
  expect(annotations()).toMatchObject({ 'wsap.dev/fleet': 'f1', 'wsap.dev/ambient-fleet-ended': 'true' });
});

describe('an operator', () => {
  test('owns nothing before it is admitted, and everything soon after', async () => {
    const replica = new Replica('a');
    replica.cluster.isAdmitted = false;
    await pass(5 * SECOND);
    expect(acting()).toEqual(['']);
    replica.cluster.isAdmitted = true;
    replica.ownership.wake();
    await pass(400);
    expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
  });

  test('makes no change while its claim is too old, and continues without a new owner', async () => {
    const replica = new Replica('a');
    await pass(5 * SECOND);
    const before = replica.ownership.owned('f1');
    replica.cluster.mayAct = false;
    expect(acting()).toEqual(['']);
    await pass(30 * SECOND);
    replica.cluster.mayAct = true;
    expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
    expect(replica.ownership.owned('f1')).toBe(before);
  });

  test('releases its fleets and keeps the records in their leases when it must stand by', async () => {
    annotationsOf = () => ({ 'wsap.dev/ambient-fleet-ended': 'true' });
    const replica = new Replica('a');
    await pass(5 * SECOND);
    Object.assign(replica.cluster, { isAdmitted: false, mayAct: false, isHeld: false });
    replica.ownership.wake();
    await pass(3 * SECOND);
    expect(replica.ownership.owned('f1')).toBeUndefined();
    const lease = leases.all.get(NAMES.ofFleet('f1'));
    expect(lease?.spec?.holderIdentity).toBeUndefined();
    expect(lease?.metadata.annotations).toMatchObject({ 'wsap.dev/ambient-fleet-ended': 'true' });
  });
});

test('a second replica gets its share within seconds and the first keeps the rest', async () => {
  new Replica('a');
  await pass(5 * SECOND);
  new Replica('b');
  await pass(5 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3', 'f4 f5']);
});

test('the fleets of a crashed replica are taken over within 17 seconds', async () => {
  const first = new Replica('a');
  new Replica('b');
  await pass(10 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3', 'f4 f5']);
  first.crash();
  await pass(17 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
});

test('the fleets of a stopped replica are taken over within three seconds and its lease is deleted', async () => {
  const first = new Replica('a');
  new Replica('b');
  await pass(10 * SECOND);
  await first.stop();
  await pass(3 * SECOND);
  expect(acting()).toEqual(['f1 f2 f3 f4 f5']);
  expect(leases.all.has(NAMES.ofReplica('a'))).toBe(false);
});

test('a replica logs when it stands by, with the owners, and when it becomes active', async () => {
  fleets = ['f1'];
  const first = new Replica('a');
  await pass(5 * SECOND);
  const second = new Replica('b');
  await pass(30 * SECOND);
  expect([first.roles, second.roles]).toEqual([['30 replica active'], ['30 replica on standby a']]);
  await first.stop();
  await pass(5 * SECOND);
  expect(second.roles.slice(1)).toEqual(['30 replica active']);
  fleets = [];
  await pass(5 * SECOND);
  expect(second.roles.slice(2)).toEqual([]);
});

test('a fleet is released after work in progress in it has ended', async () => {
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

describe('a replica without contact to the API server', () => {
  test('stops acting before another one takes over and releases lost fleets when contact resumes', async () => {
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

  test('continues with its fleets if no other replica has taken them', async () => {
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

describe('fleets that prove to be in one account and region', () => {
  beforeEach(() => {
    scopeOf = (name) => (name === 'f1' || name === 'f4' ? 'shared/eu-central-1' : `account-of-${name}/eu-central-1`);
  });

  test('get the same owner', async () => {
    new Replica('a');
    new Replica('b');
    await pass(20 * SECOND);
    const owners = replicas.filter((replica) => replica.acting.includes('f1') || replica.acting.includes('f4'));
    expect(owners).toHaveLength(1);
    expect(replicas.flatMap((replica) => replica.acting).sort()).toEqual(fleets);
    expect(replicas.map((replica) => replica.acting.length).sort()).toEqual([2, 3]);
  });

  test('move to another replica together and the first one leaves their scope', async () => {
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

test('a deleted fleet is released and its lease is deleted', async () => {
  new Replica('a');
  await pass(2 * SECOND);
  fleets = ['f1', 'f2'];
  await pass(3 * SECOND);
  expect(acting()).toEqual(['f1 f2']);
  expect(leases.all.has(NAMES.ofFleet('f3'))).toBe(false);
});

test('the leases of dead replicas are deleted', async () => {
  new Replica('a').crash();
  new Replica('b');
  await pass(2 * 60 * SECOND);
  expect([...leases.all.keys()].filter((name) => NAMES.isOfReplica(name))).toEqual([NAMES.ofReplica('b')]);
});

test('a lease that a user labels keeps its owner and one that a user deletes is acquired again', async () => {
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
  'after random failures of replicas, each fleet has exactly one owner (schedule %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const pick = <T>(some: readonly T[]) => some[Math.floor(random() * some.length)];
    scopeOf = (name) => (name === 'f2' || name === 'f3' ? 'shared/eu-central-1' : `account-of-${name}/eu-central-1`);
    let started = 0;
    const start = () => new Replica(`r${started++}`);
    start();
    for (let step = 0; step < 25; step++) {
      const replica = pick(replicas);
      const event = pick(['start', 'crash', 'stop', 'disconnect', 'reconnect', 'nothing']);
      if (event === 'start' && replicas.length < 4) {
        start();
      }
      if (event === 'crash') {
        replica?.crash();
      }
      if (event === 'stop' && replica?.link.isUp) {
        void replica.stop();
      }
      if (replica !== undefined && (event === 'disconnect' || event === 'reconnect')) {
        replica.link.isUp = event === 'reconnect';
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

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLUSTER_LEASE, ClusterLease } from '../../../src/operator/ownership/clusterLease.ts';
import { seededRandom } from '../../../src/simulator/random.ts';
import { VirtualClock } from '../../fakes/clock.ts';
import { FakeLeases } from '../../fakes/leases.ts';

const SECOND = 1_000;
const STEP = 200;
const TIMING = { leaseDuration: 15 * SECOND, renewDeadline: 10 * SECOND, retryPeriod: 2 * SECOND };

let clock: VirtualClock;
let leases: FakeLeases;
let operators: Operator[];
beforeEach(() => {
  clock = new VirtualClock();
  leases = new FakeLeases();
  operators = [];
});
afterEach(() => {
  operators.forEach((operator) => void operator.crash());
});

/** Operator `identity` of the installation in a namespace. */
class Operator {
  readonly name: string;
  readonly watched: string | undefined;
  readonly installation: string;
  readonly lease: ClusterLease;
  readonly link: ReturnType<FakeLeases['link']>;
  readonly log: string[] = [];
  readonly errors: string[] = [];
  readonly #stopping = new AbortController();
  readonly #claiming: Promise<void>;

  constructor(installation: string, watched?: string, identity = 'pod', random = () => 0.5) {
    this.name = `${installation}/${identity}`;
    this.installation = installation;
    this.watched = watched;
    this.link = leases.link(() => {});
    this.lease = new ClusterLease({
      client: this.link.api,
      namespace: 'kube-system',
      watchedNamespace: watched,
      installation,
      identity,
      timing: TIMING,
      clock,
      random,
      onError: ({ message }) => this.errors.push(message),
      log: pino({}, { write: (line) => this.log.push(JSON.parse(line).msg) }),
    });
    operators.push(this);
    this.#claiming = this.lease.run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const stopped = this.#claiming.then(() => this.lease.stop());
    await pass(1 * SECOND);
    await stopped;
    operators = operators.filter((operator) => operator !== this);
  }

  /** Ends like `kill -9`. */
  crash(): void {
    this.link.isUp = false;
    this.#stopping.abort();
    operators = operators.filter((operator) => operator !== this);
  }
}

/** Advances time. At no time do operators of two installations act on the same policies. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP) {
    await clock.advance(STEP);
    const acting = operators.filter(({ lease }) => lease.mayAct);
    for (const a of acting) {
      for (const b of acting) {
        const overlaps = a.watched === b.watched || a.watched === undefined || b.watched === undefined;
        const isSame = a.installation === b.installation && a.watched === b.watched;
        expect(overlaps && !isSame, `${a.name} and ${b.name} act`).toBe(false);
      }
    }
  }
}

const acting = () => operators.filter(({ lease }) => lease.mayAct).map(({ name }) => name);

describe('operators in two namespaces', () => {
  test.each<[what: string, first: string | undefined, second: string | undefined, both: boolean]>([
    ['for all namespaces exclude each other', undefined, undefined, false],
    ['for the same namespace exclude each other', 'desktops', 'desktops', false],
    ['for all namespaces and for one exclude each other', undefined, 'desktops', false],
    ['for one namespace and for all exclude each other', 'desktops', undefined, false],
    ['for different namespaces both act', 'desktops', 'hr', true],
  ])('%s', async (_, first, second, both) => {
    new Operator('a', first);
    await pass(1 * SECOND);
    new Operator('b', second);
    await pass(60 * SECOND);
    expect(acting()).toEqual(both ? ['a/pod', 'b/pod'] : ['a/pod']);
  });

  test.each([1, 2, 3, 4, 5])(
    'that start at the same time never both act, and one of them does (seed %s)',
    async (seed) => {
      const random = seededRandom(seed);
      new Operator('a', undefined, 'pod', random);
      new Operator('b', 'desktops', 'pod', random);
      new Operator('c', undefined, 'pod', random);
      await pass(10 * SECOND);
      expect(acting()).toHaveLength(1);
    },
  );
});

describe('the operator that stands by', () => {
  test('does not act before claims expire that someone deleted with the Lease', async () => {
    const first = new Operator('a');
    await pass(5 * SECOND);
    const second = new Operator('b');
    await pass(5 * SECOND);
    first.link.isUp = false;
    leases.remove(CLUSTER_LEASE);
    await pass(10 * SECOND);
    expect(second.lease.mayAct).toBe(false);
    await pass(10 * SECOND);
    expect(acting()).toEqual(['b/pod']);
  });

  test('is ready while it waits for earlier pods of its installation that watch other namespaces', async () => {
    const earlier = new Operator('a', undefined, 'earlier');
    await pass(5 * SECOND);
    const { lease, log } = new Operator('a', 'desktops', 'later');
    await pass(30 * SECOND);
    expect(acting()).toEqual(['a/earlier']);
    expect([lease.problem(), lease.isHeld]).toEqual([undefined, false]);
    expect(log).toEqual([expect.stringContaining('waiting for earlier pods of this installation')]);
    await earlier.stop();
    await pass(3 * SECOND);
    expect(acting()).toEqual(['a/later']);
  });

  test('is not ready after the API server has forbidden the Lease, and reports it again', async () => {
    const { lease, link, errors } = new Operator('a');
    await pass(5 * SECOND);
    link.forbids = true;
    await pass(60 * SECOND);
    expect([lease.mayAct, lease.isHeld]).toEqual([false, false]);
    expect(lease.problem()).toContain('grant get, create, and update on the Lease wsap.operators');
    await pass(600 * SECOND);
    expect(errors).toHaveLength(3);
    link.forbids = false;
    await pass(3 * SECOND);
    expect([lease.mayAct, lease.problem()]).toEqual([true, undefined]);
  });

  test('says who acts and what to do, in its log and its readiness', async () => {
    new Operator('wsap-system', undefined, 'wsap-0');
    await pass(1 * SECOND);
    const { lease, log } = new Operator('default', 'desktops', 'laptop');
    await pass(30 * SECOND);
    const who = 'the operator in namespace wsap-system (wsap-0) manages the policies of all namespaces';
    const remedy = 'uninstall one of the two operators, or set a different --namespace for each';
    expect(log).toEqual([`standing by: ${who}; ${remedy}`]);
    expect(lease.problem()).toBe(`standing by, because ${who}; ${remedy}`);
    expect(lease.obstacle).toMatchObject({ installation: 'wsap-system', identity: 'wsap-0' });
  });

  test('takes over soon after the other one stopped', async () => {
    const first = new Operator('a');
    await pass(5 * SECOND);
    const { lease, log } = new Operator('b');
    await pass(5 * SECOND);
    await first.stop();
    await pass(3 * SECOND);
    expect(acting()).toEqual(['b/pod']);
    expect(log.at(-1)).toBe('taking over, because no other operator manages the same policies');
    expect([lease.problem(), lease.obstacle]).toEqual([undefined, undefined]);
  });

  test('takes over within 19 seconds after the other one crashed', async () => {
    const first = new Operator('a');
    await pass(5 * SECOND);
    new Operator('b');
    await pass(5 * SECOND);
    first.crash();
    await pass(10 * SECOND);
    expect(acting()).toEqual([]);
    await pass(9 * SECOND);
    expect(acting()).toEqual(['b/pod']);
  });

  test('gets the claim of an operator that lost contact, which then stands by', async () => {
    const first = new Operator('a');
    await pass(5 * SECOND);
    new Operator('b');
    await pass(2 * SECOND);
    first.link.isUp = false;
    await pass(30 * SECOND);
    expect(acting()).toEqual(['b/pod']);
    first.link.isUp = true;
    await pass(5 * SECOND);
    expect(acting()).toEqual(['b/pod']);
    expect(first.lease.isAdmitted).toBe(false);
  });
});

describe('the replicas of an installation', () => {
  test('all act', async () => {
    new Operator('a', undefined, 'one');
    new Operator('a', undefined, 'two');
    await pass(60 * SECOND);
    expect(acting()).toEqual(['a/one', 'a/two']);
  });

  test('keep the claim when one of them stops', async () => {
    const first = new Operator('a', undefined, 'one');
    new Operator('a', undefined, 'two');
    await pass(5 * SECOND);
    new Operator('b');
    await pass(5 * SECOND);
    await first.stop();
    await pass(60 * SECOND);
    expect(acting()).toEqual(['a/two']);
  });

  test('hand over without a pause in a rolling update, and the last one releases the claim', async () => {
    const old = new Operator('a', undefined, 'old');
    await pass(5 * SECOND);
    const next = new Operator('a', undefined, 'new');
    await pass(1 * SECOND);
    expect(acting()).toContain('a/new');
    await old.stop();
    await pass(30 * SECOND);
    expect(acting()).toEqual(['a/new']);
    await next.stop();
    expect(leases.all.get(CLUSTER_LEASE)?.metadata.annotations).toEqual({});
  });
});

describe('an operator', () => {
  test('acts no longer than the renew deadline without contact, and continues afterwards if nobody took over', async () => {
    const { link, lease } = new Operator('a');
    await pass(5 * SECOND);
    link.isUp = false;
    await pass(9 * SECOND);
    expect(acting()).toEqual([]);
    await pass(60 * SECOND);
    expect([lease.isHeld, lease.isAdmitted]).toEqual([false, true]);
    link.isUp = true;
    await pass(3 * SECOND);
    expect(acting()).toEqual(['a/pod']);
  });

  test('that can’t use the Lease never acts, and says which permission it lacks', async () => {
    const { lease, link, errors } = new Operator('a');
    link.forbids = true;
    await pass(30 * SECOND);
    expect(acting()).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(lease.problem()).toMatch(
      /^cannot claim the Lease kube-system\/wsap\.operators: .*; grant get, create, and update on the Lease wsap\.operators in kube-system$/,
    );
  });

  test('respects a claim that it can’t read, until that expires', async () => {
    new Operator('a');
    await pass(1 * SECOND);
    leases.edit(CLUSTER_LEASE, ({ metadata, spec }) => ({
      metadata: { ...metadata, annotations: { 'operator.wsap.dev/All': 'v2 of the format' } },
      ...(spec && { spec }),
    }));
    await pass(30 * SECOND);
    expect(acting()).toEqual([]);
    await pass(40 * SECOND);
    expect(acting()).toEqual(['a/pod']);
  });

  test('keeps annotations of others', async () => {
    new Operator('a');
    await pass(1 * SECOND);
    leases.edit(CLUSTER_LEASE, ({ metadata, spec }) => ({
      metadata: { ...metadata, annotations: { ...metadata.annotations, team: 'x' } },
      ...(spec && { spec }),
    }));
    await pass(5 * SECOND);
    expect(leases.all.get(CLUSTER_LEASE)?.metadata.annotations).toMatchObject({ team: 'x' });
    expect(acting()).toEqual(['a/pod']);
  });
});

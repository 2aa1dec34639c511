import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { WorkQueue } from '../../src/kube/queue.ts';
import type { PolicyObject } from '../../src/kube/resources.ts';
import type { ApplyOptions } from '../../src/kube/statusWriter.ts';
import type { OwnedFleet } from '../../src/operator/ownership/ownedFleet.ts';
import { PolicyController } from '../../src/operator/policyController.ts';
import { PolicyReconciler } from '../../src/operator/policyReconciler.ts';
import { PolicyStore } from '../../src/operator/policyStore.ts';
import { StatusCache } from '../../src/operator/statusCache.ts';
import { ambientFleet } from '../../src/policy/workspaceFleet.ts';
import type { Blocker } from '../../src/status/conditions.ts';
import type { PolicyStatus } from '../../src/status/resource.ts';
import { statusChanged } from '../../src/status/status.ts';
import { APPLICATIONS, association, policyObject, VISIO, workspace, ws } from '../builders.ts';
import { FakeOperator } from '../fakeOperator.ts';
import { FakeFleet } from '../fakes/fleet.ts';
import { FakeLease, ownedFleet } from '../fakes/ownedFleet.ts';

const MINUTE = 60_000;
const SECOND = 1_000;
type Spec = Parameters<typeof policyObject>[1];

/** A controller over a cluster in memory, in which the API server can fall silent, and refuse to take a status. */
class Cluster {
  readonly fleet = new FakeFleet({
    workspaces: [1, 2, 3].map((n) => workspace(ws(n))),
    applications: APPLICATIONS,
    associations: [1, 2, 3].map((n) => association(ws(n), VISIO)),
  });
  readonly #operator = new FakeOperator(this.fleet);
  readonly clock = this.#operator.clock;
  readonly #objects = new Map<string, PolicyObject>();
  readonly #queue = new WorkQueue({ clock: this.clock, random: () => 0 });
  readonly #controller: PolicyController;
  readonly lease = new FakeLease();
  ownedFleet: OwnedFleet | undefined = ownedFleet(this.lease);
  /** Types and reasons of those that were recorded. */
  readonly events: string[] = [];
  /** When the API server was last heard of; undefined while it can be heard. */
  silentSince: number | undefined;
  takesStatuses = true;
  /** Why no fleet admits the policies; undefined if one does. */
  refused: Blocker | undefined;
  #version = 1;

  constructor() {
    const { clock } = this;
    const cluster = this;
    const informer = {
      hasSynced: () => true,
      get lastContactAt() {
        return cluster.silentSince ?? clock.monotonic();
      },
      get: (key: string) => this.#objects.get(key),
    };
    const stopping = new AbortController().signal;
    const writer = {
      apply: async (
        metadata: PolicyObject['metadata'],
        status: object,
        { mayWrite = () => true }: ApplyOptions = {},
      ) => (mayWrite() ? this.#write(metadata, status) : 'GivenUp'),
    } as const;
    const log = pino({ level: 'silent' });
    const fleet = ambientFleet({ callsPerSecond: 2, burst: 5 });
    const store = new PolicyStore(clock, () => ({ limits: fleet.limits, scope: this.#operator.shared.location }));
    const runs = new PolicyReconciler({
      fleets: {
        assign: () => (this.refused === undefined ? { fleet } : { refused: this.refused }),
        get: () => ({ context: this.#operator.shared, blocker: undefined, isSuspended: false }),
        uses: () => {},
        forget: () => {},
      },
      owned: () => this.ownedFleet,
      store,
      statusCache: new StatusCache({ writer, informer, clock, stopping, statusChanged }),
      lastContactAt: () => informer.lastContactAt,
      events: { record: (_, type, reason) => this.events.push(`${type} ${reason}`) },
      clock,
      random: () => 0,
      stopping,
    });
    const random = () => 0;
    const about = (policy: string) => ({ policy });
    this.#controller = new PolicyController({
      informer,
      queue: this.#queue,
      store,
      runs,
      clock,
      random,
      log,
      about,
      stopping,
    });
    void this.#controller.runWorker();
  }

  apply(name: string, spec: Spec): void {
    const object = policyObject(name, spec) as unknown as PolicyObject;
    this.#objects.set(`desktops/${name}`, object);
    this.#controller.observe({ type: 'Added', object });
  }

  statusOf(name: string): PolicyStatus | undefined {
    return this.#objects.get(`desktops/${name}`)?.status;
  }

  /** The WorkSpaces on which something was changed. */
  get changed(): string[] {
    return [...new Set(this.fleet.mutations.map(({ workspaceID = '' }) => workspaceID))].sort();
  }

  /** Lets time pass, and deployments go on. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += SECOND) {
      await this.clock.advance(SECOND);
      this.fleet.advance();
    }
  }

  /** The fleet becomes this replica's, from another's or anew. */
  gain(): void {
    this.ownedFleet = ownedFleet(this.lease);
    this.#controller.fleetGained(undefined);
  }

  /** The fleet doesn't admit the policies, or does again. */
  admit(refused?: Blocker): void {
    this.refused = refused;
    this.#controller.fleetsChanged(() => true);
  }

  stop(): void {
    this.#queue.shutDown();
  }

  async #write(metadata: PolicyObject['metadata'], status: object): Promise<PolicyObject> {
    if (!this.takesStatuses) {
      throw new Error('the API server is overloaded');
    }
    const written = { metadata: { ...metadata, resourceVersion: String(++this.#version) }, status } as PolicyObject;
    this.#objects.set(`${metadata.namespace}/${metadata.name}`, {
      ...this.#objects.get(`${metadata.namespace}/${metadata.name}`),
      ...written,
    });
    return written;
  }
}

let cluster: Cluster;
afterEach(() => cluster.stop());

test('a change is made once its policy has shown it for five seconds', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', {});
  await cluster.pass(4 * SECOND);
  expect(cluster.statusOf('no-visio')?.compliance).toMatchObject({ drifted: 3 });
  expect(cluster.changed).toEqual([]);
  await cluster.pass(MINUTE);
  expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
});

test('a change is shown anew once the fleet admits its policy again', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', {});
  await cluster.pass(4 * SECOND);
  cluster.admit({ reason: 'NotAllowed', message: 'the namespace has lost its label', terminal: true });
  await cluster.pass(MINUTE);
  expect(cluster.statusOf('no-visio')?.associations).toBeUndefined();
  cluster.admit();
  await cluster.pass(4 * SECOND);
  expect(cluster.changed).toEqual([]);
  await cluster.pass(MINUTE);
  expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
});

test('an Event says once why a policy is not evaluated', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', {});
  await cluster.pass(4 * SECOND);
  for (let times = 0; times < 3; times++) {
    cluster.admit({ reason: 'NotAllowed', message: 'the namespace has lost its label', terminal: true });
    await cluster.pass(MINUTE);
  }
  expect(cluster.events.filter((event) => event.startsWith('Warning'))).toEqual(['Warning NotAllowed']);
});

test('what a policy has removed is remembered while its fleet does not admit it, and nothing else of the fleet', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', {});
  await cluster.pass(MINUTE);
  const { recentRemovals } = cluster.statusOf('no-visio') ?? {};
  expect(recentRemovals).toHaveLength(3);
  cluster.admit({ reason: 'NotAllowed', message: 'the namespace has lost its label', terminal: true });
  await cluster.pass(MINUTE);
  const status = cluster.statusOf('no-visio');
  expect(Object.keys(status ?? {}).sort()).toEqual([
    'conditions',
    'objectUID',
    'observedGeneration',
    'planRevision',
    'recentRemovals',
  ]);
  expect(status?.recentRemovals).toEqual(recentRemovals);
});

test('the ID of a plan does not come back after its fleet did not admit the policy', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', { enforcement: 'Approve' });
  await cluster.pass(MINUTE);
  const before = cluster.statusOf('no-visio')?.plan?.id;
  cluster.admit({ reason: 'NotAllowed', message: 'the namespace has lost its label', terminal: true });
  await cluster.pass(MINUTE);
  cluster.admit();
  await cluster.pass(MINUTE);
  const after = cluster.statusOf('no-visio')?.plan?.id;
  expect([before, after]).toEqual([expect.any(String), expect.any(String)]);
  expect(after).not.toBe(before);
});

test('a status that was given up has shown nothing', async () => {
  cluster = new Cluster();
  cluster.lease.isHeld = false;
  cluster.apply('no-visio', {});
  await cluster.pass(4 * SECOND);
  cluster.lease.isHeld = true;
  await cluster.pass(4 * SECOND);
  expect(cluster.changed).toEqual([]);
  await cluster.pass(MINUTE);
  expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
});

describe('nothing is changed', () => {
  test('after three minutes without a word from the API server, until it is heard again', async () => {
    cluster = new Cluster();
    cluster.silentSince = cluster.clock.monotonic();
    await cluster.pass(3 * MINUTE);
    cluster.apply('no-visio', {});
    await cluster.pass(20 * MINUTE);
    expect(cluster.changed).toEqual([]);
    cluster.silentSince = undefined;
    await cluster.pass(20 * MINUTE);
    expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
  });

  test('while the status of what was done can not be written', async () => {
    cluster = new Cluster();
    cluster.apply('no-visio', { rollout: { maxInProgress: 1 } });
    await cluster.pass(4 * SECOND);
    cluster.takesStatuses = false;
    await cluster.pass(20 * MINUTE);
    expect(cluster.changed).toEqual([ws(1)]);
    cluster.takesStatuses = true;
    await cluster.pass(60 * MINUTE);
    expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
  });
});

describe('a fleet of several replicas', () => {
  test('is not touched while it is another’s', async () => {
    cluster = new Cluster();
    cluster.ownedFleet = undefined;
    cluster.apply('no-visio', {});
    await cluster.pass(MINUTE);
    expect(cluster.statusOf('no-visio')).toBeUndefined();
    expect(cluster.changed).toEqual([]);
    cluster.gain();
    await cluster.pass(MINUTE);
    expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
  });

  test('is not changed while the lease may have expired, and is again once it has been renewed', async () => {
    cluster = new Cluster();
    cluster.apply('no-visio', { interval: '30s' });
    await cluster.pass(4 * SECOND);
    cluster.lease.mayAct = false;
    await cluster.pass(5 * MINUTE);
    expect(cluster.changed).toEqual([]);
    cluster.lease.mayAct = true;
    await cluster.pass(MINUTE);
    expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
  });

  test('is written about soon after a lease that was too old has been renewed, and shows first what it is going to do', async () => {
    cluster = new Cluster();
    Object.assign(cluster.lease, { mayAct: false, isHeld: false });
    cluster.apply('no-visio', { interval: '24h' });
    await cluster.pass(MINUTE);
    expect(cluster.statusOf('no-visio')).toBeUndefined();
    Object.assign(cluster.lease, { mayAct: true, isHeld: true });
    await cluster.pass(5 * SECOND);
    expect(cluster.statusOf('no-visio')?.compliance).toMatchObject({ drifted: 3 });
    expect(cluster.changed).toEqual([]);
    await cluster.pass(MINUTE);
    expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
  });

  test('is not written about once another has taken it', async () => {
    cluster = new Cluster();
    cluster.apply('no-visio', { interval: '30s' });
    await cluster.pass(4 * SECOND);
    const before = cluster.statusOf('no-visio');
    cluster.lease.lose();
    await cluster.pass(5 * MINUTE);
    expect(cluster.statusOf('no-visio')).toBe(before);
    expect(cluster.changed).toEqual([]);
  });

  test('shows anew what it is going to do after it has come back', async () => {
    cluster = new Cluster();
    cluster.apply('no-visio', { interval: '30s' });
    await cluster.pass(4 * SECOND);
    cluster.gain();
    await cluster.pass(4 * SECOND);
    expect(cluster.changed).toEqual([]);
    await cluster.pass(MINUTE);
    expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
  });
});

test('a change of one policy plans those again that share WorkSpaces with it, however long their interval', async () => {
  cluster = new Cluster();
  const over: Spec = { interval: '24h', workspaceSelector: { workspaceIDs: [ws(1)] } };
  cluster.apply('first', { ...over, rollout: { deploy: 'Manual' } });
  await cluster.pass(MINUTE);
  expect(cluster.statusOf('first')?.associations).toMatchObject([{ verdict: 'Denied', holdReason: 'ManualDeploy' }]);
  cluster.apply('allowing', { ...over, priority: 1, applications: { allowed: [{ id: VISIO }] } });
  await cluster.pass(2 * SECOND);
  expect(cluster.statusOf('first')?.associations).toMatchObject([{ verdict: 'Allowed' }]);
});

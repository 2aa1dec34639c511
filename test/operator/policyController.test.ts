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

/** Controller over an in-memory cluster whose API server can stop responding and reject statuses. */
class Cluster {
  readonly fleet: FakeFleet;
  readonly #operator: FakeOperator;
  readonly clock: FakeOperator['clock'];
  readonly #objects = new Map<string, PolicyObject>();
  readonly #queue: WorkQueue;
  readonly #controller: PolicyController;
  readonly lease = new FakeLease();
  ownedFleet: OwnedFleet | undefined = ownedFleet(this.lease);
  /** Types and reasons of recorded events. */
  readonly events: string[] = [];
  /** Time of the last contact with the API server while it doesn't respond. */
  silentSince: number | undefined;
  acceptsStatuses = true;
  /** Reason why no fleet allows the policies. Undefined if one does. */
  refused: Blocker | undefined;
  /** Reason why the fleet can't be used. Undefined if it can. */
  blocker: Blocker | undefined;
  #version = 1;

  constructor(associations = [1, 2, 3].map((n) => association(ws(n), VISIO))) {
    const workspaces = [1, 2, 3].map((n) => workspace(ws(n)));
    this.fleet = new FakeFleet({ workspaces, applications: APPLICATIONS, associations });
    this.#operator = new FakeOperator(this.fleet);
    const { clock } = this.#operator;
    this.clock = clock;
    this.#queue = new WorkQueue({ clock, random: () => 0 });
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
    const reconciler = new PolicyReconciler({
      fleets: {
        assign: () => (this.refused === undefined ? { fleet } : { refused: this.refused }),
        get: () => ({
          context: this.#operator.shared,
          blocker: this.blocker,
          isSuspended: false,
          backlog: { requests: 0, callsPerSecond: 2 },
        }),
        onUse: () => {},
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
    const logFields = (policy: string) => ({ policy });
    this.#controller = new PolicyController({
      informer,
      queue: this.#queue,
      store,
      reconciler,
      clock,
      random,
      log,
      logFields,
      stopping,
    });
    void this.#controller.runWorkers();
  }

  apply(name: string, spec: Spec, generation = 1, status?: PolicyStatus): void {
    const { metadata, ...others } = policyObject(name, spec);
    const object = { ...others, metadata: { ...metadata, generation }, status } as unknown as PolicyObject;
    this.#objects.set(`desktops/${name}`, object);
    this.#controller.observe({ type: 'Added', object });
  }

  statusOf(name: string): PolicyStatus | undefined {
    return this.#objects.get(`desktops/${name}`)?.status;
  }

  /** Returns the WorkSpaces that were changed. */
  get changed(): string[] {
    return [...new Set(this.fleet.mutations.map(({ workspaceID = '' }) => workspaceID))].sort();
  }

  /** Advances time and deployments. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += SECOND) {
      await this.clock.advance(SECOND);
      this.fleet.advance();
    }
  }

  /** Gains the fleet, again or from another replica. */
  gain(): void {
    this.ownedFleet = ownedFleet(this.lease);
    this.#controller.onFleetGained(undefined);
  }

  /** Sets whether the fleet allows the policies. */
  setRefused(refused?: Blocker): void {
    this.refused = refused;
    this.#controller.onFleetsChanged(() => true);
  }

  stop(): void {
    this.#queue.shutDown();
  }

  async #write(metadata: PolicyObject['metadata'], status: object): Promise<PolicyObject> {
    if (!this.acceptsStatuses) {
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

test('makes a change after the status has shown it for five seconds', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', {});
  await cluster.pass(4 * SECOND);
  expect(cluster.statusOf('no-visio')?.compliance).toMatchObject({ drifted: 3 });
  expect(cluster.changed).toEqual([]);
  await cluster.pass(MINUTE);
  expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
});

test('shows a change again after the fleet allows the policy again', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', {});
  await cluster.pass(4 * SECOND);
  cluster.setRefused({ reason: 'NotAllowed', message: 'the namespace has lost its label', terminal: true });
  await cluster.pass(MINUTE);
  expect(cluster.statusOf('no-visio')?.associations).toBeUndefined();
  cluster.setRefused();
  await cluster.pass(4 * SECOND);
  expect(cluster.changed).toEqual([]);
  await cluster.pass(MINUTE);
  expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
});

test('records one Event about why a policy isn’t evaluated', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', {});
  await cluster.pass(4 * SECOND);
  for (let times = 0; times < 3; times++) {
    cluster.setRefused({ reason: 'NotAllowed', message: 'the namespace has lost its label', terminal: true });
    await cluster.pass(MINUTE);
  }
  expect(cluster.events.filter((event) => event.startsWith('Warning'))).toEqual(['Warning NotAllowed']);
});

test('keeps only the removal history and the record of approvals in the status while the fleet doesn’t allow the policy', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', {});
  await cluster.pass(MINUTE);
  const { recentRemovals } = cluster.statusOf('no-visio') ?? {};
  expect(recentRemovals).toHaveLength(3);
  cluster.setRefused({ reason: 'NotAllowed', message: 'the namespace has lost its label', terminal: true });
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

test('never shows the ID of a plan again after the fleet didn’t allow the policy', async () => {
  cluster = new Cluster();
  cluster.apply('no-visio', { enforcement: 'Approve' });
  await cluster.pass(MINUTE);
  const before = cluster.statusOf('no-visio')?.plan?.id;
  cluster.setRefused({ reason: 'NotAllowed', message: 'the namespace has lost its label', terminal: true });
  await cluster.pass(MINUTE);
  cluster.setRefused();
  await cluster.pass(MINUTE);
  const after = cluster.statusOf('no-visio')?.plan?.id;
  expect([before, after]).toEqual([expect.any(String), expect.any(String)]);
  expect(after).not.toBe(before);
});

test.each([
  ['an edit permits new retries of failed deployments', 2, [ws(1)]],
  ['no deployment exceeds retry.limit', 1, []],
])('%s after a start at which the fleet was not ready', async (_, generation, changed) => {
  const stateReason = { errorCode: 'DeploymentError.InternalServerError' };
  const failed = association(ws(1), VISIO, { state: 'ERROR', stateReason });
  cluster = new Cluster([failed]);
  cluster.blocker = { reason: 'Unavailable', message: 'AWS does not respond', terminal: false };
  cluster.apply('no-visio', { retry: { limit: 2 } }, generation, {
    observedGeneration: 1,
    objectUID: 'uid-of-no-visio',
    associations: [
      {
        workspaceID: ws(1),
        associatedResourceID: VISIO,
        associatedResourceType: 'APPLICATION',
        verdict: 'Denied',
        action: 'Deploy',
        state: 'ERROR',
        retries: 2,
        ...(failed.lastUpdatedTime && { lastUpdatedTime: failed.lastUpdatedTime.toISOString() }),
      },
    ],
  });
  await cluster.pass(10 * SECOND);
  expect(cluster.statusOf('no-visio')).toMatchObject({ observedGeneration: generation });
  cluster.blocker = undefined;
  cluster.setRefused();
  await cluster.pass(30 * MINUTE);
  expect(cluster.changed).toEqual(changed);
});

test('makes no change if its status wasn’t written', async () => {
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

describe('makes no change', () => {
  test('after three minutes without contact to the API server until contact resumes', async () => {
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

  test('while the status of earlier changes can’t be written', async () => {
    cluster = new Cluster();
    cluster.apply('no-visio', { rollout: { maxInProgress: 1 } });
    await cluster.pass(4 * SECOND);
    cluster.acceptsStatuses = false;
    await cluster.pass(20 * MINUTE);
    expect(cluster.changed).toEqual([ws(1)]);
    cluster.acceptsStatuses = true;
    await cluster.pass(60 * MINUTE);
    expect(cluster.changed).toEqual([ws(1), ws(2), ws(3)]);
  });
});

describe('with several replicas, a fleet', () => {
  test('isn’t changed while another replica owns it', async () => {
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

  test('isn’t changed while the lease may have expired, until the lease is renewed', async () => {
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

  test('gets its statuses soon after an old lease is renewed, and changes after the grace period', async () => {
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

  test('gets no status after another replica has taken it', async () => {
    cluster = new Cluster();
    cluster.apply('no-visio', { interval: '30s' });
    await cluster.pass(4 * SECOND);
    const before = cluster.statusOf('no-visio');
    cluster.lease.lose();
    await cluster.pass(5 * MINUTE);
    expect(cluster.statusOf('no-visio')).toBe(before);
    expect(cluster.changed).toEqual([]);
  });

  test('shows changes again after this replica gains it back', async () => {
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

test('plans the policies that share WorkSpaces with a changed policy again', async () => {
  cluster = new Cluster();
  const over: Spec = { interval: '24h', workspaceSelector: { workspaceIDs: [ws(1)] } };
  cluster.apply('first', { ...over, rollout: { deploy: 'Manual' } });
  await cluster.pass(MINUTE);
  expect(cluster.statusOf('first')?.associations).toMatchObject([{ verdict: 'Denied', holdReason: 'ManualDeploy' }]);
  cluster.apply('allowing', { ...over, priority: 1, applications: { allowed: [{ id: VISIO }] } });
  await cluster.pass(2 * SECOND);
  expect(cluster.statusOf('first')?.associations).toMatchObject([{ verdict: 'Allowed' }]);
});

import { beforeEach, describe, expect, test } from 'vitest';
import type { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { DisassociationQuota } from '../../src/history/disassociationQuota.ts';
import { WorkQueue } from '../../src/kube/queue.ts';
import { FLEETS, NAMESPACES, POLICIES } from '../../src/kube/resources.ts';
import { AwsScopes } from '../../src/operator/awsScopes.ts';
import { FleetRuntime } from '../../src/operator/fleetRuntime.ts';
import { FleetStore } from '../../src/operator/fleetStore.ts';
import {
  livenessChecks,
  metricSources,
  type OperatorInternals,
  readinessChecks,
} from '../../src/operator/introspection.ts';
import { PolicyStore } from '../../src/operator/policyStore.ts';
import { AMBIENT, fleetNamed, fleetObject, NO_LIMITS, policyObject } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';

const MINUTE = 60_000;
const IDENTITY = { accountID: '123456789012', arn: 'arn:aws:iam::123456789012:role/x', region: 'eu-central-1' };

let clock: VirtualClock;
let isSynced: boolean;
let stop: AbortController;
let emea: FleetRuntime;
let limiter: RateLimiter | undefined;
let standby: string | undefined;
let internals: OperatorInternals;

/**
 * Creates two fleets, one of them connected, the ambient fleet, and three policies: of the first fleet, of the ambient
 * fleet, and an invalid one.
 */
beforeEach(async () => {
  clock = new VirtualClock();
  isSynced = true;
  standby = undefined;
  stop = new AbortController();
  const fleetStore = new FleetStore(AMBIENT);
  fleetStore.put(fleetObject('emea'));
  fleetStore.put(fleetObject('apac'));
  const store = new PolicyStore(clock, () => ({ limits: NO_LIMITS, scope: IDENTITY }));
  store.put('desktops/one', policyObject('one', { fleetRef: { name: 'emea' } }));
  store.put('desktops/two', policyObject('two'));
  const badWindow = { maintenanceWindows: [{ cron: '* * * * *', timeZone: 'Mars/Phobos', duration: '5m' }] };
  store.put('desktops/bad', policyObject('bad', { rollout: badWindow }));
  const aws = Object.assign(new FakeFleet(), {
    urgent: new FakeFleet(),
    bundlesWith: () => new FakeFleet(),
    calls: () => [],
  });
  emea = new FleetRuntime(fleetNamed('emea'), {
    connection: { identify: async () => IDENTITY, fleet: () => aws },
    quota: new DisassociationQuota(undefined, [], async () => {}),
    scopes: new AwsScopes(clock),
    clock,
    recordedAccounts: () => [],
    close: () => {},
  });
  await emea.identify();
  limiter = emea.rateLimiter;
  const nameIn = (key: string) => key.split('/')[1] ?? '';
  const queueOf = () => new WorkQueue({ clock, random: () => 0 });
  internals = {
    queues: { policy: queueOf(), fleet: queueOf() },
    workers: { policy: 4, fleet: 8 },
    informers: [FLEETS, NAMESPACES, POLICIES].map((resource) => ({
      resource,
      lastContactAt: 0,
      hasSynced: () => isSynced,
    })),
    audit: { isAvailable: true, failures: 0, unwritten: 0 },
    clusterLease: { isAdmitted: true, isHeld: true, obstacle: undefined, problem: () => standby },
    fleetStore,
    fleets: { get: (name) => (name === 'emea' ? emea : undefined) },
    fleetStatuses: { latest: (name) => ({ metadata: { name }, status: { policies: 1 } }) },
    store,
    policyStatuses: { latest: (key) => ({ metadata: { namespace: 'desktops', name: nameIn(key) }, status: {} }) },
    ownsFleet: (name) => name === 'emea',
    providers: () => [],
    runsPolicy: (key) => key !== 'desktops/two',
  };
});

const problems = () => livenessChecks(internals, stop.signal, clock).flatMap(({ problem }) => problem() ?? []);

test('the metrics show the policies of this replica with their fleets', () => {
  const policies = [...metricSources(() => internals).policies()];
  expect(policies.map(({ name, fleet, enforcement }) => [name, fleet, enforcement])).toEqual([
    ['one', 'emea', 'Enforce'],
    ['bad', undefined, undefined],
  ]);
});

test('the metrics assign a policy without a fleet to the ambient fleet', () => {
  internals = { ...internals, runsPolicy: () => true };
  expect([...metricSources(() => internals).policies()].find(({ name }) => name === 'two')?.fleet).toBe('<ambient>');
});

test('the metrics show all fleets and the runtimes of connected ones', () => {
  const fleets = metricSources(() => internals).fleets();
  expect(fleets.map(({ name, isOwned, runtime, status }) => [name, isOwned, runtime, status?.policies])).toEqual([
    ['emea', true, emea, 1],
    ['apac', false, undefined, 1],
  ]);
});

test('the metrics show the ambient fleet until it has ended', () => {
  const names = () =>
    metricSources(() => internals)
      .fleets()
      .map(({ name }) => name);
  internals = { ...internals, fleetStore: new FleetStore(AMBIENT) };
  expect(names()).toEqual([undefined]);
  internals = { ...internals, fleetStore: new FleetStore({ ...AMBIENT, hasEnded: () => true }) };
  expect(names()).toEqual([]);
});

test('the metrics show no fleets while another operator acts', () => {
  internals = { ...internals, clusterLease: { ...internals.clusterLease, isAdmitted: false } };
  expect(metricSources(() => internals).fleets()).toEqual([]);
});

describe('the readiness check', () => {
  const failing = () =>
    readinessChecks(internals, stop.signal).flatMap(({ name, problem }) => (problem() === undefined ? [] : [name]));

  test('passes after all watches have synced', () => {
    expect(failing()).toEqual([]);
    isSynced = false;
    expect(failing()).toEqual(['workspacefleets-cache', 'namespaces-cache', 'workspaceapplicationpolicies-cache']);
  });

  test('fails while another operator acts', () => {
    standby = 'standing by';
    expect(failing()).toEqual(['cluster-lease']);
  });

  test('fails when the process stops', () => {
    stop.abort();
    expect(failing()).toEqual(['shutdown']);
  });
});

describe('the liveness check of an hour-long run', () => {
  beforeEach(async () => {
    internals.queues.policy.add('desktops/one');
    await internals.queues.policy.get();
  });

  test('passes while its fleet sends requests to AWS', async () => {
    for (let minutes = 0; minutes < 60; minutes += 20) {
      await limiter?.acquire('inventory');
      await clock.advance(20 * MINUTE);
      expect(problems()).toEqual([]);
    }
  });

  test('fails if its fleet sends no requests', async () => {
    await clock.advance(60 * MINUTE);
    expect(problems()).toEqual(['the run of desktops/one has made no progress for 1h']);
  });

  test('passes while the process starts or stops', async () => {
    await clock.advance(60 * MINUTE);
    isSynced = false;
    expect(problems()).toEqual([]);
    isSynced = true;
    stop.abort();
    expect(problems()).toEqual([]);
  });
});

test('the liveness check fails for a fleet run that doesn’t end', async () => {
  internals.queues.fleet.add('');
  await internals.queues.fleet.get();
  await clock.advance(31 * MINUTE);
  expect(problems()).toEqual(['the run of the ambient fleet has made no progress for 31m']);
});

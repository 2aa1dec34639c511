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
import { ambientFleet } from '../../src/policy/workspaceFleet.ts';
import { fleetNamed, fleetObject, NO_LIMITS, policyObject } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';

const MINUTE = 60_000;
const RATE = { callsPerSecond: 2, burst: 5 };
const IDENTITY = { accountID: '123456789012', arn: 'arn:aws:iam::123456789012:role/x', region: 'eu-central-1' };

let clock: VirtualClock;
let isSynced: boolean;
let stop: AbortController;
let emea: FleetRuntime;
let limiter: RateLimiter | undefined;
let parts: OperatorInternals;

/** Two fleets, of which one is connected to, the ambient one, and a policy of the first, one of none, and one that isn't valid. */
beforeEach(async () => {
  clock = new VirtualClock();
  isSynced = true;
  stop = new AbortController();
  const fleetStore = new FleetStore(ambientFleet(RATE));
  fleetStore.put(fleetObject('emea'));
  fleetStore.put(fleetObject('apac'));
  const store = new PolicyStore(clock, () => ({ limits: NO_LIMITS, scope: IDENTITY }));
  store.put('desktops/one', policyObject('one', { fleetRef: { name: 'emea' } }));
  store.put('desktops/two', policyObject('two'));
  const badWindow = { maintenanceWindows: [{ cron: '* * * * *', timeZone: 'Mars/Phobos', duration: '5m' }] };
  store.put('desktops/bad', policyObject('bad', { rollout: badWindow }));
  const aws = Object.assign(new FakeFleet(), { urgent: new FakeFleet(), calls: () => [] });
  emea = new FleetRuntime(fleetNamed('emea'), {
    connection: { identify: async () => IDENTITY, fleet: () => aws },
    quota: new DisassociationQuota(undefined, [], async () => {}),
    scopes: new AwsScopes(clock),
    clock,
    close: () => {},
  });
  await emea.identify();
  limiter = emea.rateLimiter;
  const nameIn = (key: string) => key.split('/')[1] ?? '';
  const queueOf = () => new WorkQueue({ clock, random: () => 0 });
  parts = {
    queues: { policy: queueOf(), fleet: queueOf() },
    workers: { policy: 4, fleet: 8 },
    informers: [FLEETS, NAMESPACES, POLICIES].map((resource) => ({
      resource,
      lastContactAt: 0,
      hasSynced: () => isSynced,
    })),
    fleetStore,
    fleets: { get: (name) => (name === 'emea' ? emea : undefined) },
    fleetStatuses: { latest: (name) => ({ metadata: { name }, status: { policies: 1 } }) },
    store,
    policyStatuses: { latest: (key) => ({ metadata: { namespace: 'desktops', name: nameIn(key) }, status: {} }) },
    ownsFleet: (name) => name === 'emea',
    runsPolicy: (key) => key !== 'desktops/two',
  };
});

const problems = () => livenessChecks(parts, stop.signal, clock).flatMap(({ problem }) => problem() ?? []);

test('policies are seen that this process runs, with the fleet that they are about', () => {
  const policies = [...metricSources(() => parts).policies()];
  expect(policies.map(({ name, fleet, enforcement }) => [name, fleet, enforcement])).toEqual([
    ['one', 'emea', 'Enforce'],
    ['bad', undefined, undefined],
  ]);
});

test('a policy that names no fleet is about the ambient one', () => {
  parts = { ...parts, runsPolicy: () => true };
  expect([...metricSources(() => parts).policies()].find(({ name }) => name === 'two')?.fleet).toBe('<ambient>');
});

test('all fleets are seen, with what is known of those that are connected to', () => {
  const fleets = metricSources(() => parts).fleets();
  expect(fleets.map(({ name, isOwned, runtime, status }) => [name, isOwned, runtime, status?.policies])).toEqual([
    [undefined, false, undefined, undefined],
    ['emea', true, emea, 1],
    ['apac', false, undefined, 1],
  ]);
});

describe('a process is ready', () => {
  const failing = () =>
    readinessChecks(parts, stop.signal).flatMap(({ name, problem }) => (problem() === undefined ? [] : [name]));

  test('once everything that is watched has been read', () => {
    expect(failing()).toEqual([]);
    isSynced = false;
    expect(failing()).toEqual(['workspacefleets-cache', 'namespaces-cache', 'workspaceapplicationpolicies-cache']);
  });

  test('until it stops', () => {
    stop.abort();
    expect(failing()).toEqual(['shutdown']);
  });
});

describe('a run of a policy that takes an hour', () => {
  beforeEach(async () => {
    parts.queues.policy.add('desktops/one');
    await parts.queues.policy.get();
  });

  test('is alive while its fleet asks AWS for something', async () => {
    for (let minutes = 0; minutes < 60; minutes += 20) {
      await limiter?.acquire('inventory');
      await clock.advance(20 * MINUTE);
      expect(problems()).toEqual([]);
    }
  });

  test('stands still where its fleet asks for nothing', async () => {
    await clock.advance(60 * MINUTE);
    expect(problems()).toEqual(['the run of desktops/one stands still since 1h ago']);
  });

  test('is left alone while the process stops, or has not begun to work', async () => {
    await clock.advance(60 * MINUTE);
    isSynced = false;
    expect(problems()).toEqual([]);
    isSynced = true;
    stop.abort();
    expect(problems()).toEqual([]);
  });
});

test('a look at a fleet that does not end stands still', async () => {
  parts.queues.fleet.add('');
  await parts.queues.fleet.get();
  await clock.advance(31 * MINUTE);
  expect(problems()).toEqual(['the run of the ambient fleet stands still since 31m ago']);
});

import { describe, expect, test } from 'vitest';
import { RateLimiter } from '../../../src/aws/rateLimiter.ts';
import { DisassociationQuota } from '../../../src/history/disassociationQuota.ts';
import { Inventory } from '../../../src/inventory/inventory.ts';
import { readRequirements } from '../../../src/inventory/readRequirements.ts';
import type { FleetMetricsView } from '../../../src/operator/metrics/fleetMetrics.ts';
import { APPLICATIONS, policy, workspace, ws } from '../../builders.ts';
import { VirtualClock } from '../../fakes/clock.ts';
import { FakeFleet } from '../../fakes/fleet.ts';
import { condition, fleetView, metricsOf, operatedView, scrape } from './scenery.ts';

const MINUTE = 60_000;

describe('the ownership of a fleet', () => {
  const fleets: FleetMetricsView[] = [
    fleetView({ runtime: operatedView() }),
    fleetView({ name: 'apac', isOwned: false, runtime: operatedView() }),
    fleetView({ name: 'unused', isOwned: undefined }),
    fleetView({ name: undefined, runtime: operatedView() }),
  ];
  const metrics = metricsOf({ fleets: () => fleets });

  test('is shown for fleets that need an owner', async () => {
    expect(await scrape(metrics, 'wsap_fleet_owned')).toEqual([
      'wsap_fleet_owned{fleet="emea"} 1',
      'wsap_fleet_owned{fleet="apac"} 0',
      'wsap_fleet_owned{fleet="<ambient>"} 1',
    ]);
  });

  test('determines which replica shows other metrics of the fleet', async () => {
    expect(await scrape(metrics, 'wsap_fleet_suspended')).toEqual([
      'wsap_fleet_suspended{fleet="emea"} 0',
      'wsap_fleet_suspended{fleet="<ambient>"} 0',
    ]);
  });
});

test('the number of disassociations is shown with its limit, if there is one', async () => {
  const clock = new VirtualClock();
  const counted = [{ time: clock.now(), count: 7 }];
  const limited = operatedView({ quota: new DisassociationQuota(100, counted, async () => {}) });
  const unlimited = operatedView({ quota: new DisassociationQuota(undefined, [], async () => {}) });
  const fleets = () => [fleetView({ runtime: limited }), fleetView({ name: undefined, runtime: unlimited })];
  const metrics = metricsOf({ fleets }, clock);
  expect(await scrape(metrics, 'wsap_fleet_disassociations')).toEqual([
    'wsap_fleet_disassociations_last_hour{fleet="emea"} 7',
    'wsap_fleet_disassociations_limit{fleet="emea"} 100',
  ]);
  await clock.advance(62 * MINUTE);
  expect(await scrape(metrics, 'wsap_fleet_disassociations_last_hour')).toEqual([
    'wsap_fleet_disassociations_last_hour{fleet="emea"} 0',
  ]);
});

test('the inventory is shown with its size and age', async () => {
  const clock = new VirtualClock();
  const workspaces = [1, 2, 3].map((n) => workspace(ws(n)));
  const inventory = new Inventory(new FakeFleet({ workspaces, applications: APPLICATIONS }), clock);
  const metrics = metricsOf({ fleets: () => [fleetView({ runtime: operatedView({ inventory }) })] }, clock);
  expect(await scrape(metrics, 'wsap_fleet_workspaces')).toEqual([]);
  expect(await scrape(metrics, 'wsap_fleet_inventory_age_seconds')).toEqual([]);
  const subject = policy();
  await inventory.read(readRequirements(subject, [subject], clock.now()), subject.interval);
  await clock.advance(5 * MINUTE);
  expect(await scrape(metrics, 'wsap_fleet_workspaces')).toEqual(['wsap_fleet_workspaces{fleet="emea"} 3']);
  expect(await scrape(metrics, 'wsap_fleet_inventory_age_seconds')).toEqual([
    'wsap_fleet_inventory_age_seconds{fleet="emea"} 300',
  ]);
});

test('the account, conditions, and rate of a fleet are shown', async () => {
  const clock = new VirtualClock();
  const rateLimiter = new RateLimiter({ callsPerSecond: 2, burst: 1, clock });
  const identity = { accountID: '123456789012', arn: 'arn:aws:iam::123456789012:role/x', region: 'eu-central-1' };
  const runtime = operatedView({ identity, isSuspended: true, rateLimiter });
  const status = { conditions: [condition('Ready', 'True', 'Suspended')] };
  const metrics = metricsOf({ fleets: () => [fleetView({ runtime, status })] }, clock);
  const requests = Promise.all(['inventory', 'inventory', 'urgent'].map(() => rateLimiter.acquire('inventory')));
  await clock.advance(0);
  rateLimiter.onThrottle(clock.monotonic());
  expect([
    ...(await scrape(metrics, 'wsap_fleet_info')),
    ...(await scrape(metrics, 'wsap_fleet_suspended')),
    ...(await scrape(metrics, 'wsap_aws_rate_limiter_requests')),
    ...(await scrape(metrics, 'wsap_aws_rate_limiter_waiting')),
    ...(await scrape(metrics, 'wsap_fleet_status_condition_reason')),
  ]).toEqual([
    'wsap_fleet_info{fleet="emea",account="123456789012",region="eu-central-1"} 1',
    'wsap_fleet_suspended{fleet="emea"} 1',
    'wsap_aws_rate_limiter_requests_per_second{fleet="emea"} 1',
    'wsap_aws_rate_limiter_waiting_requests{fleet="emea"} 2',
    'wsap_fleet_status_condition_reason{fleet="emea",condition="Ready",reason="Suspended"} 1',
  ]);
  await clock.advance(MINUTE);
  await requests;
});

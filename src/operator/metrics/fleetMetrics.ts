import type { Registry } from 'prom-client';
import type { Clock } from '../../clock.ts';
import type { FleetStatus } from '../../status/fleetStatus.ts';
import type { FleetRuntime } from '../fleetRuntime.ts';
import { type FleetName, fleetLabel } from '../fleetStore.ts';
import { registerCollector, seconds } from './collector.ts';
import { conditionMetrics } from './conditionMetrics.ts';

/** Fleet that policies can use. */
export interface FleetMetricsView {
  readonly name: FleetName;
  /** Whether this replica owns the fleet. Undefined if the fleet doesn't need an owner. */
  readonly isOwned: boolean | undefined;
  /** Runtime of the fleet. Undefined if it isn't connected. */
  readonly runtime:
    | (Pick<FleetRuntime, 'identity' | 'inventory' | 'quota' | 'isSuspended' | 'rateLimiter'> &
        Partial<Pick<FleetRuntime, 'events'>>)
    | undefined;
  /** Last written status. The ambient fleet has none. */
  readonly status: FleetStatus | undefined;
}

type Runtime = NonNullable<FleetMetricsView['runtime']>;

/** Registers metrics of fleets: their owners, and the state of the owned ones. */
export function fleetMetrics(registry: Registry, clock: Clock, fleets: () => readonly FleetMetricsView[]): void {
  const owned = () => fleets().filter(({ isOwned }) => isOwned !== false);
  const runtimeMetric = (name: string, help: string, value: (runtime: Runtime) => number | undefined) =>
    registerCollector(registry, {
      name,
      help,
      labelNames: ['fleet'],
      series: () =>
        owned().map((view) => [{ fleet: fleetLabel(view.name) }, view.runtime && value(view.runtime)] as const),
    });

  registerCollector(registry, {
    name: 'wsap_fleet_owned',
    help: 'Whether this replica owns the fleet (1) or another one does (0). Only the owner makes changes.',
    labelNames: ['fleet'],
    series: () =>
      fleets().map(
        ({ name, isOwned }) =>
          [{ fleet: fleetLabel(name) }, isOwned === undefined ? undefined : Number(isOwned)] as const,
      ),
  });
  registerCollector(registry, {
    name: 'wsap_fleet_info',
    help: 'AWS account and region of the fleet, always 1.',
    labelNames: ['fleet', 'account', 'region'],
    series: () =>
      owned().flatMap(({ name, runtime }) =>
        runtime?.identity === undefined
          ? []
          : [
              [
                { fleet: fleetLabel(name), account: runtime.identity.accountID, region: runtime.identity.region },
                1,
              ] as const,
            ],
      ),
  });
  runtimeMetric('wsap_fleet_suspended', 'Whether the fleet is suspended (1) or not (0).', ({ isSuspended }) =>
    Number(isSuspended),
  );
  runtimeMetric(
    'wsap_fleet_workspaces',
    'Number of WorkSpaces of the fleet that were listed for its policies.',
    (fleet) => (fleet.inventory?.listedAt === undefined ? undefined : fleet.inventory.sizes().workspaces),
  );
  runtimeMetric(
    'wsap_fleet_inventory_age_seconds',
    'Age of the latest list of WorkSpaces of the fleet.',
    ({ inventory }) =>
      inventory?.listedAt === undefined ? undefined : seconds(clock.now().getTime() - inventory.listedAt.getTime()),
  );
  runtimeMetric(
    'wsap_fleet_disassociations_last_hour',
    'Number of applications disassociated in the fleet within the last hour. Counted only if the fleet has a limit.',
    ({ quota }) => (quota.limit === undefined ? undefined : quota.total(clock.now())),
  );
  runtimeMetric(
    'wsap_fleet_disassociations_limit',
    'Maximum number of disassociations per hour: maxDisassociationsPerHour of the fleet.',
    ({ quota }) => quota.limit,
  );
  runtimeMetric(
    'wsap_aws_rate_limiter_requests_per_second',
    'Current rate limit for requests to AWS. It is below the configured rate while AWS throttles.',
    ({ rateLimiter }) => rateLimiter?.callsPerSecond,
  );
  runtimeMetric(
    'wsap_aws_rate_limiter_waiting_requests',
    'Number of requests that wait for the rate limiter of the fleet.',
    ({ rateLimiter }) => rateLimiter?.waiting,
  );
  runtimeMetric(
    'wsap_event_queue_last_receive_age_seconds',
    'Time since the last successful read of the queue with the events of the fleet. Absent before the first one.',
    ({ events }) => events?.view.receivedAt && seconds(clock.now().getTime() - events.view.receivedAt.getTime()),
  );
  runtimeMetric(
    'wsap_events_pending_refreshes',
    'Number of WorkSpaces that wait for a read because of an event, or because they are in a transient state.',
    ({ events }) => events?.view.pendingRefreshes,
  );
  conditionMetrics(registry, {
    prefix: 'wsap_fleet',
    of: 'a WorkspaceFleet',
    types: ['Ready', 'Stalled', 'EventsReceived'],
    labelNames: ['fleet'],
    objects: () => owned().map(({ name, status }) => [{ fleet: fleetLabel(name) }, status?.conditions] as const),
  });
}

import type { Registry } from 'prom-client';
import type { Clock } from '../../clock.ts';
import type { FleetStatus } from '../../status/fleetStatus.ts';
import type { FleetRuntime } from '../fleetRuntime.ts';
import { type FleetName, fleetLabel } from '../fleetStore.ts';
import { registerCollector, seconds } from './collector.ts';
import { conditionMetrics } from './conditionMetrics.ts';

/** A fleet that policies may use. */
export interface FleetMetricsView {
  readonly name: FleetName;
  /** Whether this process is the one that changes its WorkSpaces; undefined where nobody has to be. */
  readonly isOwned: boolean | undefined;
  /** Undefined while it hasn't been connected to, or isn't to be. */
  readonly runtime: Pick<FleetRuntime, 'identity' | 'inventory' | 'quota' | 'isSuspended' | 'rateLimiter'> | undefined;
  /** As it was written last; the operator's own AWS settings have none. */
  readonly status: FleetStatus | undefined;
}

type Operated = NonNullable<FleetMetricsView['runtime']>;

/** The fleets: who has them, and what is known of those that this process has. */
export function fleetMetrics(registry: Registry, clock: Clock, fleets: () => readonly FleetMetricsView[]): void {
  const owned = () => fleets().filter(({ isOwned }) => isOwned !== false);
  const ofOperated = (name: string, help: string, value: (runtime: Operated) => number | undefined) =>
    registerCollector(registry, {
      name,
      help,
      labelNames: ['fleet'],
      series: () =>
        owned().map((view) => [{ fleet: fleetLabel(view.name) }, view.runtime && value(view.runtime)] as const),
    });

  registerCollector(registry, {
    name: 'wsap_fleet_owned',
    help: 'Whether this process is the one that changes WorkSpaces of the fleet (1), or leaves it to another (0).',
    labelNames: ['fleet'],
    series: () =>
      fleets().map(
        ({ name, isOwned }) =>
          [{ fleet: fleetLabel(name) }, isOwned === undefined ? undefined : Number(isOwned)] as const,
      ),
  });
  registerCollector(registry, {
    name: 'wsap_fleet_info',
    help: 'The account and the region of a fleet, as AWS says; always 1.',
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
  ofOperated('wsap_fleet_suspended', 'Whether the fleet is suspended (1) or not (0).', ({ isSuspended }) =>
    Number(isSuspended),
  );
  ofOperated(
    'wsap_fleet_workspaces',
    'The WorkSpaces of the fleet, as far as its policies had them listed.',
    (fleet) => (fleet.inventory?.listedAt === undefined ? undefined : fleet.inventory.sizes().workspaces),
  );
  ofOperated(
    'wsap_fleet_inventory_age_seconds',
    'How long ago the newest list of WorkSpaces of the fleet was asked for.',
    ({ inventory }) =>
      inventory?.listedAt === undefined ? undefined : seconds(clock.now().getTime() - inventory.listedAt.getTime()),
  );
  ofOperated(
    'wsap_fleet_disassociations_last_hour',
    'Applications that were taken from WorkSpaces of the fleet within the last hour; counted where the fleet has a limit.',
    ({ quota }) => (quota.limit === undefined ? undefined : quota.total(clock.now())),
  );
  ofOperated(
    'wsap_fleet_disassociations_limit',
    'How many may be taken within an hour: maxDisassociationsPerHour of the fleet.',
    ({ quota }) => quota.limit,
  );
  ofOperated(
    'wsap_aws_rate_limiter_requests_per_second',
    "The fleet's present rate of requests to AWS: what is set, less while AWS throttles.",
    ({ rateLimiter }) => rateLimiter?.callsPerSecond,
  );
  ofOperated(
    'wsap_aws_rate_limiter_waiting_requests',
    "Requests that wait for the fleet's rate at the moment.",
    ({ rateLimiter }) => rateLimiter?.waiting,
  );
  conditionMetrics(registry, {
    prefix: 'wsap_fleet',
    of: 'a WorkspaceFleet',
    types: ['Ready', 'Stalled'],
    labelNames: ['fleet'],
    objects: () => owned().map(({ name, status }) => [{ fleet: fleetLabel(name) }, status?.conditions] as const),
  });
}

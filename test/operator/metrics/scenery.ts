import { DisassociationQuota } from '../../../src/history/disassociationQuota.ts';
import type { FleetMetricsView } from '../../../src/operator/metrics/fleetMetrics.ts';
import { OperatorMetrics, type OperatorMetricsOptions } from '../../../src/operator/metrics/operatorMetrics.ts';
import type { PolicyView } from '../../../src/operator/metrics/policyMetrics.ts';
import type { PolicyStatus } from '../../../src/status/resource.ts';
import { VirtualClock } from '../../fakes/clock.ts';

type Views = OperatorMetricsOptions['sources'];

/** Returns metrics with these sources. All others are empty. */
export function metricsOf(
  sources: Partial<Views> = {},
  clock = new VirtualClock(),
  watchedNamespace?: string,
): OperatorMetrics {
  const nothing: Views = {
    queue: () => ({ depth: 0, processing: new Map(), slots: new Map(), waitingSince: undefined, nextDue: undefined }),
    watches: () => [],
    fleets: () => [],
    audit: () => undefined,
    actingOperator: () => undefined,
    policies: () => [],
    providers: () => [],
  };
  return new OperatorMetrics({ version: '1.2.3', watchedNamespace, clock, sources: { ...nothing, ...sources } });
}

/** Returns the series of a scrape with a name prefix, in the format of Prometheus. */
export async function scrape({ registry }: OperatorMetrics, prefix: string): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith(prefix));
}

export function statusOf(more: Partial<PolicyStatus> = {}): PolicyStatus {
  return {
    compliance: { selected: 40, compliant: 30, drifted: 10, inProgress: 3, held: 2, failed: 1 },
    lastSyncTime: '2026-01-05T09:00:00Z',
    nextSyncTime: '2026-01-05T09:10:00Z',
    conditions: [condition('Ready', 'True', 'ReconciliationSucceeded')],
    ...more,
  };
}

export function condition(type: string, status: 'True' | 'False' | 'Unknown', reason: string) {
  return {
    type,
    status,
    reason,
    message: 'a long story',
    lastTransitionTime: '2026-01-05T09:00:00Z',
    observedGeneration: 1,
  };
}

export function policyView(more: Partial<PolicyView> = {}): PolicyView {
  return {
    namespace: 'desktops',
    name: 'no-visio',
    fleet: 'emea',
    enforcement: 'Enforce',
    status: statusOf(),
    ...more,
  };
}

export function fleetView(more: Partial<FleetMetricsView> = {}): FleetMetricsView {
  return { name: 'emea', isOwned: true, runtime: undefined, status: undefined, ...more };
}

/** Returns the runtime of a fleet without any known state. */
export function operatedView(
  more: Partial<NonNullable<FleetMetricsView['runtime']>> = {},
): FleetMetricsView['runtime'] {
  return {
    identity: undefined,
    inventory: undefined,
    quota: new DisassociationQuota(100, [], async () => {}),
    isSuspended: false,
    rateLimiter: undefined,
    ...more,
  };
}

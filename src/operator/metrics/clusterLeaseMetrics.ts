import type { Registry } from 'prom-client';
import type { ClusterLease } from '../ownership/clusterLease.ts';
import { registerCollector } from './collector.ts';

/** State of the claim of this operator. */
export type ClusterLeaseView = Pick<ClusterLease, 'isHeld' | 'obstacle'>;

/** Registers metrics of whether this operator or another one of the cluster acts. */
export function clusterLeaseMetrics(registry: Registry, view: () => ClusterLeaseView | undefined): void {
  registerCollector(registry, {
    name: 'wsap_operator_standby',
    help: 'Whether this operator stands by (1), because another one manages the same policies or it cannot rule this out, or acts (0).',
    labelNames: [],
    series: () => {
      const lease = view();
      return lease === undefined ? [] : [[{}, lease.isHeld ? 0 : 1] as const];
    },
  });
  registerCollector(registry, {
    name: 'wsap_acting_operator_info',
    help: 'Operator that acts instead of this one, always 1: the namespace of its leases, and the replica that renewed its claim last.',
    labelNames: ['operator_namespace', 'operator_identity'],
    series: () => {
      const obstacle = view()?.obstacle;
      return obstacle === undefined
        ? []
        : [[{ operator_namespace: obstacle.installation, operator_identity: obstacle.identity }, 1] as const];
    },
  });
}

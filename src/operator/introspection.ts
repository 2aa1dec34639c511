import type { Clock } from '../clock.ts';
import type { Informer } from '../kube/informer.ts';
import type { WorkQueue } from '../kube/queue.ts';
import type { KubeObject } from '../kube/resource.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import type { FleetStatus } from '../status/fleetStatus.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { FleetController } from './fleetController.ts';
import { type FleetName, type FleetStore, fleetLabel } from './fleetStore.ts';
import type { Check } from './http/health.ts';
import { workCheck } from './http/liveness.ts';
import type { FleetMetricsView } from './metrics/fleetMetrics.ts';
import type { OperatorMetricsOptions } from './metrics/operatorMetrics.ts';
import type { PolicyView } from './metrics/policyMetrics.ts';
import { CONTROLLERS, type ControllerName } from './metrics/runMetrics.ts';
import type { PolicyStore } from './policyStore.ts';
import type { StatusCache } from './statusCache.ts';

/** The parts of an operator that metrics and health look at. */
export interface OperatorInternals {
  readonly queues: Readonly<Record<ControllerName, WorkQueue>>;
  /** How many work through each. */
  readonly workers: Readonly<Record<ControllerName, number>>;
  readonly informers: readonly Pick<Informer<KubeObject>, 'resource' | 'lastContactAt' | 'hasSynced'>[];
  readonly fleetStore: Pick<FleetStore, 'of' | 'get' | 'names'>;
  readonly fleets: Pick<FleetController, 'get'>;
  readonly fleetStatuses: Pick<StatusCache<FleetStatus>, 'latest'>;
  readonly store: Pick<PolicyStore, 'get' | 'keys'>;
  readonly policyStatuses: Pick<StatusCache<PolicyStatus>, 'latest'>;
  /** Whether this process is the one that changes a fleet's WorkSpaces; undefined where nobody has to be. */
  readonly ownsFleet: (name: FleetName) => boolean | undefined;
  /** Whether this process is the one that writes a policy's status. */
  readonly runsPolicy: (key: string) => boolean;
}

/** What metrics show of an operator. `parts` is asked when they are scraped. */
export function metricSources(parts: () => OperatorInternals): OperatorMetricsOptions['sources'] {
  return {
    queue: (name) => parts().queues[name].state,
    watches: () => parts().informers,
    fleets: () => fleetsIn(parts()),
    policies: () => policiesIn(parts()),
  };
}

/** Ready: every watch has read what there is, and the process isn't about to end. */
export function readinessChecks({ informers }: Pick<OperatorInternals, 'informers'>, stopping: AbortSignal): Check[] {
  const caches = informers.map((informer) => ({
    name: `${informer.resource.plural}-cache`,
    problem: () => (informer.hasSynced() ? undefined : `the ${informer.resource.plural} have not been read yet`),
  }));
  return [...caches, { name: 'shutdown', problem: () => (stopping.aborted ? 'the operator is stopping' : undefined) }];
}

/** Alive: what is due goes on. Workers begin once every watch has read what there is. */
export function livenessChecks(parts: OperatorInternals, stopping: AbortSignal, clock: Clock): Check[] {
  const { queues, workers, informers, fleetStore, fleets, store } = parts;
  const isWorking = () => !stopping.aborted && informers.every((informer) => informer.hasSynced());
  const lastGrantAt = (key: string) => {
    const fleet = fleetStore.of(store.get(key)?.parsed);
    return (fleet && fleets.get(fleet.name)?.rateLimiter?.lastGrantAt) ?? NEVER;
  };
  return CONTROLLERS.map((name) =>
    workCheck(
      {
        name,
        state: () => queues[name].state,
        workers: () => (isWorking() ? workers[name] : 0),
        // A run of a policy goes on for as long as requests at its fleet's place get their turn.
        progressOf: name === 'policy' ? lastGrantAt : () => NEVER,
      },
      clock,
    ),
  );
}

const NEVER = Number.NEGATIVE_INFINITY;

function fleetsIn({ fleetStore, fleets, fleetStatuses, ownsFleet }: OperatorInternals): FleetMetricsView[] {
  const ambient = fleetStore.get(undefined) === undefined ? [] : [undefined];
  return [...ambient, ...fleetStore.names()].map((name) => ({
    name,
    isOwned: ownsFleet(name),
    runtime: fleets.get(name),
    status: name === undefined ? undefined : fleetStatuses.latest(name)?.status,
  }));
}

function* policiesIn({ store, fleetStore, policyStatuses, runsPolicy }: OperatorInternals): Generator<PolicyView> {
  for (const key of store.keys()) {
    const object = policyStatuses.latest(key);
    if (object !== undefined && runsPolicy(key)) {
      const { name, namespace = '' } = object.metadata;
      const parsed = store.get(key)?.parsed;
      const fleet = fleetStore.of(parsed);
      const enforcement =
        parsed === undefined || parsed instanceof InvalidResourceError ? undefined : parsed.enforcement;
      yield { namespace, name, fleet: fleet && fleetLabel(fleet.name), enforcement, status: object.status };
    }
  }
}

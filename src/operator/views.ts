import type { Clock } from '../clock.ts';
import type { WorkQueue } from '../kube/queue.ts';
import type { Reflector } from '../kube/reflector.ts';
import type { KubeObject } from '../kube/resource.ts';
import { InvalidResourceError } from '../policy/invalid.ts';
import type { FleetStatus } from '../status/fleetStatus.ts';
import type { PolicyStatus } from '../status/resource.ts';
import { type FleetBook, type FleetName, fleetLabel } from './fleetBook.ts';
import type { FleetController } from './fleetController.ts';
import type { Check } from './http/health.ts';
import { workCheck } from './http/liveness.ts';
import type { FleetView } from './metrics/fleetMetrics.ts';
import type { OperatorMetricsOptions } from './metrics/operatorMetrics.ts';
import type { PolicyView } from './metrics/policyMetrics.ts';
import { CONTROLLERS, type ControllerName } from './metrics/runMetrics.ts';
import type { PolicyBook } from './policyBook.ts';
import type { Statuses } from './statuses.ts';

/** The parts of an operator that metrics and health look at. */
export interface ObservedParts {
  readonly queues: Readonly<Record<ControllerName, WorkQueue>>;
  /** How many work through each. */
  readonly workers: Readonly<Record<ControllerName, number>>;
  readonly reflectors: readonly Pick<Reflector<KubeObject>, 'resource' | 'heardAt' | 'hasSynced'>[];
  readonly fleetBook: Pick<FleetBook, 'of' | 'get' | 'names'>;
  readonly fleets: Pick<FleetController, 'get'>;
  readonly fleetStatuses: Pick<Statuses<FleetStatus>, 'latest'>;
  readonly book: Pick<PolicyBook, 'get' | 'keys'>;
  readonly policyStatuses: Pick<Statuses<PolicyStatus>, 'latest'>;
  /** Whether this process is the one that changes a fleet's WorkSpaces; undefined where nobody has to be. */
  readonly ownsFleet: (name: FleetName) => boolean | undefined;
  /** Whether this process is the one that writes a policy's status. */
  readonly runsPolicy: (key: string) => boolean;
}

/** What metrics show of an operator. `parts` is asked when they are scraped. */
export function viewsOf(parts: () => ObservedParts): OperatorMetricsOptions['views'] {
  return {
    queue: (name) => parts().queues[name].state,
    watches: () => parts().reflectors,
    fleets: () => fleetsIn(parts()),
    policies: () => policiesIn(parts()),
  };
}

/** Ready: every watch has read what there is, and the process isn't about to end. */
export function readinessChecks({ reflectors }: Pick<ObservedParts, 'reflectors'>, stopping: AbortSignal): Check[] {
  const caches = reflectors.map((reflector) => ({
    name: `${reflector.resource.plural}-cache`,
    problem: () => (reflector.hasSynced() ? undefined : `the ${reflector.resource.plural} have not been read yet`),
  }));
  return [...caches, { name: 'shutdown', problem: () => (stopping.aborted ? 'the operator is stopping' : undefined) }];
}

/** Alive: what is due goes on. Workers begin once every watch has read what there is. */
export function livenessChecks(parts: ObservedParts, stopping: AbortSignal, clock: Clock): Check[] {
  const { queues, workers, reflectors, fleetBook, fleets, book } = parts;
  const isWorking = () => !stopping.aborted && reflectors.every((reflector) => reflector.hasSynced());
  const servedAt = (key: string) => {
    const fleet = fleetBook.of(book.get(key)?.parsed);
    return (fleet && fleets.get(fleet.name)?.rateLimiter?.servedAt) ?? NEVER;
  };
  return CONTROLLERS.map((name) =>
    workCheck(
      {
        name,
        state: () => queues[name].state,
        workers: () => (isWorking() ? workers[name] : 0),
        // A run of a policy goes on for as long as requests at its fleet's place get their turn.
        progressOf: name === 'policy' ? servedAt : () => NEVER,
      },
      clock,
    ),
  );
}

const NEVER = Number.NEGATIVE_INFINITY;

function fleetsIn({ fleetBook, fleets, fleetStatuses, ownsFleet }: ObservedParts): FleetView[] {
  const ambient = fleetBook.get(undefined) === undefined ? [] : [undefined];
  return [...ambient, ...fleetBook.names()].map((name) => ({
    name,
    isOwned: ownsFleet(name),
    operated: fleets.get(name),
    status: name === undefined ? undefined : fleetStatuses.latest(name)?.status,
  }));
}

function* policiesIn({ book, fleetBook, policyStatuses, runsPolicy }: ObservedParts): Generator<PolicyView> {
  for (const key of book.keys()) {
    const object = policyStatuses.latest(key);
    if (object !== undefined && runsPolicy(key)) {
      const { name, namespace = '' } = object.metadata;
      const parsed = book.get(key)?.parsed;
      const fleet = fleetBook.of(parsed);
      const enforcement =
        parsed === undefined || parsed instanceof InvalidResourceError ? undefined : parsed.enforcement;
      yield { namespace, name, fleet: fleet && fleetLabel(fleet.name), enforcement, status: object.status };
    }
  }
}

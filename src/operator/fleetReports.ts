import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { KeyedMutex } from '../execute/keyedMutex.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import { InvalidResourceError } from '../policy/invalid.ts';
import { printable } from '../printable.ts';
import { type FleetStatus, type FleetView, fleetStatus, invalidFleetStatus } from '../status/fleetStatus.ts';
import type { FleetBook, FleetName } from './fleetBook.ts';
import type { OperatedFleet } from './operatedFleet.ts';
import type { Tenure } from './ownership/tenure.ts';
import { FLEETS } from './resources.ts';
import type { Statuses } from './statuses.ts';

export interface FleetReportsOptions {
  readonly book: FleetBook;
  readonly operated: (name: FleetName) => OperatedFleet | undefined;
  /** How many policies use a fleet. */
  readonly policiesOf: (name: FleetName) => number;
  readonly statuses: Statuses<FleetStatus>;
  readonly tenureOf: (name: FleetName) => Pick<Tenure, 'mayReport'> | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
}

/** Tells people about fleets: in their status, in Events and in the log. */
export class FleetReports {
  readonly #options: FleetReportsOptions;
  readonly #writing = new KeyedMutex();

  constructor(options: FleetReportsOptions) {
    this.#options = options;
  }

  /** Says that a fleet has become usable, or what is wrong with it now. */
  tell(name: FleetName, { trouble, identity }: OperatedFleet, log: Logger): void {
    const { events, statuses } = this.#options;
    const object = name === undefined ? undefined : statuses.latest(name);
    const record = (type: 'Normal' | 'Warning', reason: string, message: string) =>
      object && events.record(referenceTo(FLEETS, object), type, reason, message);
    if (trouble !== undefined) {
      log.warn({ reason: trouble.reason, message: printable(trouble.message, 1024) }, 'fleet not usable');
      record('Warning', trouble.reason, trouble.message);
    } else if (identity !== undefined) {
      const { accountID, region } = identity;
      log.info({ accountID, region }, 'fleet connected');
      record('Normal', 'Connected', `account ${accountID} in ${region}`);
    }
  }

  /** Writes the status of a fleet, one at a time, so that the newest of what it tells is written last. */
  write(name: FleetName): Promise<void> {
    const { book, statuses, tenureOf, clock } = this.#options;
    return name === undefined
      ? Promise.resolve()
      : this.#writing.run(name, async () => {
          const object = statuses.latest(name);
          const fleet = book.get(name);
          if (object === undefined || fleet === undefined) {
            throw new Error(`the WorkspaceFleet ${name} is gone`);
          }
          const now = clock.now();
          const status =
            fleet instanceof InvalidResourceError
              ? invalidFleetStatus(object.metadata.generation ?? 0, fleet.message, object.status, now)
              : fleetStatus(fleet, this.#viewOf(name, now), object.status, now);
          await statuses.write(object, status, () => tenureOf(name)?.mayReport === true);
        });
  }

  #viewOf(name: string, now: Date): FleetView {
    const operated = this.#options.operated(name);
    const limiter = operated?.rateLimiter;
    return {
      identity: operated?.identity,
      trouble: operated?.trouble,
      policies: this.#options.policiesOf(name),
      sizes: operated?.inventory?.sizes(),
      lastInventory: operated?.inventory?.lastInventory,
      disassociations: operated?.hourly.counts(now) ?? [],
      rate: limiter && { callsPerSecond: limiter.callsPerSecond, expectedWait: limiter.expectedWait },
    };
  }
}

import type { Logger } from 'pino';
import type { AuditTrail } from '../audit/auditTrail.ts';
import type { Clock } from '../clock.ts';
import { KeyedMutex } from '../execute/keyedMutex.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import { FLEETS } from '../kube/resources.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import { unknownFieldsMessage } from '../policy/parseServed.ts';
import { sanitize } from '../sanitize.ts';
import { eventsTransition } from '../status/fleetEvents.ts';
import { type FleetStatus, type FleetView, fleetStatus, invalidFleetStatus } from '../status/fleetStatus.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import { type FleetName, type FleetStore, unknownFieldsIn } from './fleetStore.ts';
import type { FleetUsage } from './fleetUsage.ts';
import type { OwnedFleet } from './ownership/ownedFleet.ts';
import type { StatusCache } from './statusCache.ts';

export interface FleetStatusReporterOptions {
  readonly fleetStore: FleetStore;
  readonly runtime: (name: FleetName) => FleetRuntime | undefined;
  readonly fleetUsage: Pick<FleetUsage, 'policyCount'>;
  readonly statusCache: StatusCache<FleetStatus>;
  readonly owned: (name: FleetName) => Pick<OwnedFleet, 'mayWriteStatus'> | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  /** Audit trail of the process. Undefined if it records nothing. */
  readonly audit?: Pick<AuditTrail, 'anchor' | 'isStopped'> | undefined;
  readonly clock: Clock;
}

/** Reports on fleets in their status, in Events, and in the log. */
export class FleetStatusReporter {
  readonly #options: FleetStatusReporterOptions;
  readonly #writing = new KeyedMutex();

  constructor(options: FleetStatusReporterOptions) {
    this.#options = options;
  }

  /** Records that a fleet became usable, or why it isn't. */
  recordEvent(name: FleetName, { blocker, identity }: FleetRuntime, log: Logger): void {
    const { events, statusCache } = this.#options;
    const object = name === undefined ? undefined : statusCache.latest(name);
    const record = (type: 'Normal' | 'Warning', reason: string, message: string) =>
      object && events.record(referenceTo(FLEETS, object), type, reason, message);
    if (blocker !== undefined) {
      log.warn({ reason: blocker.reason, message: sanitize(blocker.message, 1024) }, 'fleet not usable');
      record('Warning', blocker.reason, blocker.message);
    } else if (identity !== undefined) {
      const { accountID, region } = identity;
      log.info({ accountID, region }, 'fleet connected');
      record('Normal', 'Connected', `account ${accountID} in ${region}`);
    }
  }

  /** Records the fields of a fleet that this version doesn't know, unless the status already shows them. */
  recordUnknownFields(name: FleetName, fields: readonly string[], log: Logger): void {
    const { events, statusCache } = this.#options;
    const object = name === undefined ? undefined : statusCache.latest(name);
    const ready = object?.status?.conditions?.find(({ type }) => type === 'Ready');
    const message = sanitize(unknownFieldsMessage(fields), 1024);
    if (object !== undefined && (ready?.reason !== 'UnknownFields' || ready.message !== message)) {
      log.warn({ reason: 'UnknownFields', message }, 'fleet not usable');
      events.record(referenceTo(FLEETS, object), 'Warning', 'UnknownFields', message);
    }
  }

  /** Writes the status of a fleet. Writes of one fleet are serialized so that the latest status wins. */
  write(name: FleetName): Promise<void> {
    const { fleetStore, statusCache, owned, events, clock } = this.#options;
    return name === undefined
      ? Promise.resolve()
      : this.#writing.run(name, async () => {
          const object = statusCache.latest(name);
          const fleet = fleetStore.get(name);
          if (object === undefined || fleet === undefined) {
            throw new Error(`the WorkspaceFleet ${name} was deleted`);
          }
          const now = clock.now();
          const { generation = 0 } = object.metadata;
          const unknown = unknownFieldsIn(fleet);
          const status =
            unknown !== undefined
              ? invalidFleetStatus(generation, unknownFieldsMessage(unknown), object.status, now, 'UnknownFields')
              : fleet instanceof InvalidResourceError
                ? invalidFleetStatus(generation, fleet.message, object.status, now)
                : fleetStatus(fleet, this.#viewOf(name, now), object.status, now);
          const event = eventsTransition(object.status?.conditions, status.conditions);
          const isWritten = await statusCache.write(object, status, () => owned(name)?.mayWriteStatus === true);
          if (isWritten && event !== undefined) {
            events.record(referenceTo(FLEETS, object), event.type, event.reason, event.message);
          }
        });
  }

  #viewOf(name: string, now: Date): FleetView {
    const runtime = this.#options.runtime(name);
    const limiter = runtime?.rateLimiter;
    return {
      identity: runtime?.identity,
      blocker: runtime?.blocker,
      policies: this.#options.fleetUsage.policyCount(name),
      sizes: runtime?.inventory?.sizes(),
      lastInventory: runtime?.inventory?.lastInventory,
      disassociations: runtime?.quota.counts(now) ?? [],
      auditHead: this.#options.audit?.anchor,
      isAuditEnded: this.#options.audit?.isStopped,
      events: runtime?.events?.view,
      rate: limiter && { callsPerSecond: limiter.callsPerSecond, expectedWait: limiter.expectedWait },
    };
  }
}

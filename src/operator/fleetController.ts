import type { Logger } from 'pino';
import { type Backoff, backoffDelay } from '../backoff.ts';
import type { RecordedDelivery } from '../eventbridge/deliveryHealth.ts';
import { DisassociationQuota } from '../history/disassociationQuota.ts';
import type { FleetObject } from '../kube/resources.ts';
import type { WatchChange } from '../kube/store.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import type { FleetConfig } from '../policy/workspaceFleet.ts';
import { recordedDelivery } from '../status/fleetEvents.ts';
import { type AwsScopes, scopeKey } from './awsScopes.ts';
import { type FleetEventsInputs, FleetRuntime, type FleetRuntimeOptions } from './fleetRuntime.ts';
import { FleetStatusReporter, type FleetStatusReporterOptions } from './fleetStatusReporter.ts';
import { type FleetName, fleetLabel, unknownFieldsIn } from './fleetStore.ts';
import type { FleetUsage } from './fleetUsage.ts';
import type { Ownership } from './ownership/ownership.ts';
import type { SchemaSource } from './servedSchemas.ts';
import { runWorker, type WorkerOptions } from './worker.ts';

export interface FleetControllerOptions
  extends Omit<FleetStatusReporterOptions, 'runtime' | 'owned'>,
    Omit<WorkerOptions, 'logFields' | 'run'> {
  readonly fleetUsage: Pick<FleetUsage, 'hasWork' | 'policyCount'>;
  /** Runtimes of connected fleets, which this controller maintains. */
  readonly runtimes: Map<FleetName, FleetRuntime>;
  readonly scopes: AwsScopes;
  /** Connects to a fleet. */
  readonly connect: (fleet: FleetConfig) => Pick<FleetRuntimeOptions, 'connection' | 'close'>;
  /** Returns what the events of a fleet need of the operator. Defaults to no events. */
  readonly eventsOf?: ((name: FleetName) => FleetEventsInputs) | undefined;
  readonly ownership: Pick<Ownership, 'owned' | 'locate'>;
  readonly schemas: Pick<SchemaSource, 'refresh'>;
  /** Returns the accounts that a fleet used before, according to its lease and to the statuses of its policies. */
  readonly recordedAccounts: (name: FleetName) => readonly string[];
}

/** Listener for fleets whose policies must be reconciled because their limits or availability may have changed. */
export type FleetListener = (name: FleetName) => void;

/** Interval at which the AWS identity of a fleet is checked, because credentials can change externally. */
const IDENTIFY_INTERVAL_MS = 10 * 60_000;
/** Delay until the identity is checked again after a terminal error. Other errors back off exponentially up to this delay. */
const TERMINAL_RETRY_MS = 60_000;
const IDENTIFY_BACKOFF: Backoff = { baseMs: 5_000, maxMs: TERMINAL_RETRY_MS };
/** Delay until a fleet with unknown fields is evaluated again, because the CRD may have changed. */
const UNKNOWN_FIELDS_RETRY_MS = 60_000;
/** Delay after a policy uses or leaves a fleet until the fleet's status is updated, and the interval of updates in general. */
const STATUS_UPDATE_DELAY_MS = 1_000;
const STATUS_UPDATE_INTERVAL_MS = 60_000;

/** Connects to the fleets that this replica owns and policies use, and reports their status. Errors in one fleet don't affect others. */
export class FleetController {
  readonly #options: FleetControllerOptions;
  readonly #listeners: FleetListener[] = [];
  /** Quotas, which outlive connections for as long as this replica owns the fleet. */
  readonly #quotas = new Map<FleetName, DisassociationQuota>();
  /** Times of the next identity check (monotonic). */
  readonly #identifyAt = new Map<FleetName, number>();
  readonly #failures = new Map<FleetName, number>();
  readonly #statusReporter: FleetStatusReporter;
  #isAmbientFleetClosed = false;

  constructor(options: FleetControllerOptions) {
    this.#options = options;
    this.#statusReporter = new FleetStatusReporter({
      ...options,
      runtime: (name) => options.runtimes.get(name),
      owned: (name) => options.ownership.owned(name),
    });
  }

  /** Calls a listener when the limits or the availability of a fleet may have changed. */
  subscribe(listener: FleetListener): void {
    this.#listeners.push(listener);
  }

  /** Handles a change from the watch of WorkspaceFleets: updates the store immediately and enqueues the rest. */
  observe({ type, object }: WatchChange<FleetObject>): void {
    const { fleetStore, statusCache } = this.#options;
    const { name } = object.metadata;
    if (type === 'Deleted') {
      statusCache.forget(name);
    }
    if (type === 'Deleted' ? fleetStore.delete(name) : fleetStore.put(object)) {
      this.#onSpecChanged(name);
    }
    this.closeEndedAmbientFleet();
  }

  /** Ends reads and changes in the ambient fleet if a WorkspaceFleet exists or existed. */
  closeEndedAmbientFleet(): void {
    if (!this.#isAmbientFleetClosed && this.#options.fleetStore.hasAmbientFleetEnded) {
      this.#isAmbientFleetClosed = true;
      this.#close(undefined);
      this.#notify(undefined);
    }
  }

  /** Handles that the schemas of the CRDs were read: fleets with unknown fields may be usable. */
  onSchemasRead(): void {
    for (const name of this.#options.fleetStore.reparse()) {
      this.#onSpecChanged(name);
    }
  }

  #onSpecChanged(name: string): void {
    const { fleetStore, runtimes, queue } = this.#options;
    const fleet = fleetStore.get(name);
    const runtime = runtimes.get(name);
    if (runtime !== undefined && !(isUsable(fleet) && runtime.update(fleet))) {
      this.#close(name);
    }
    queue.add(name);
    this.#notify(name);
  }

  /** Returns the runtime of a fleet, or undefined if the fleet doesn't exist or isn't connected yet. */
  get(name: FleetName): FleetRuntime | undefined {
    return this.#options.runtimes.get(name);
  }

  /** Handles the use of a fleet by a policy: connects the fleet if necessary and schedules a status update. */
  onUse(name: FleetName): void {
    this.#options.queue.addAfter(name ?? '', this.#options.runtimes.has(name) ? STATUS_UPDATE_DELAY_MS : 0);
  }

  /** Handles that a policy left a fleet: schedules a status update. */
  onUsageChanged(name: FleetName): void {
    this.#options.queue.addAfter(name ?? '', STATUS_UPDATE_DELAY_MS);
  }

  /** Handles that this replica gained a fleet or its AWS scope. */
  onGained(name: FleetName): void {
    this.#options.queue.add(name ?? '');
  }

  /** Handles that this replica lost a fleet: cancels its reads. */
  onLost(name: FleetName): void {
    this.#close(name);
    this.#quotas.delete(name);
  }

  /** Processes fleets until the queue is shut down. Several workers can run concurrently. */
  runWorker(): Promise<void> {
    const { ownership, fleetStore, schemas } = this.#options;
    const nameOf = (key: string) => (key === '' ? undefined : key);
    return runWorker({
      ...this.#options,
      logFields: (key) => ({ fleet: fleetLabel(nameOf(key)) }),
      run: async (key, log) => {
        const name = nameOf(key);
        if (unknownFieldsIn(fleetStore.get(name)) !== undefined) {
          await schemas.refresh();
        }
        return ownership.owned(name)?.track(() => this.#process(name, log));
      },
    });
  }

  /** Writes the statuses of the connected fleets a last time, for the end of the audit log. Never rejects. */
  async writeLastStatuses(): Promise<void> {
    await Promise.allSettled([...this.#options.runtimes.keys()].map((name) => this.#statusReporter.write(name)));
  }

  /** Returns the milliseconds until the next run, or undefined if the fleet doesn't exist or isn't managed. */
  async #process(name: FleetName, log: Logger): Promise<number | undefined> {
    const { fleetStore, fleetUsage } = this.#options;
    const fleet = fleetStore.get(name);
    if (fleet === undefined || !fleetUsage.hasWork(name)) {
      return undefined;
    }
    const unknownFields = unknownFieldsIn(fleet);
    if (unknownFields !== undefined) {
      this.#statusReporter.recordUnknownFields(name, unknownFields, log);
      await this.#statusReporter.write(name);
      return UNKNOWN_FIELDS_RETRY_MS;
    }
    if (!isUsable(fleet)) {
      await this.#statusReporter.write(name);
      return undefined;
    }
    const runtime = this.#options.runtimes.get(name) ?? this.#connect(fleet);
    const nextCheckMs = await this.#identify(name, runtime, log);
    await this.#locate(name, runtime);
    if (this.#options.runtimes.get(name) === runtime) {
      await this.#statusReporter.write(name);
    }
    return runtime.blocker === undefined ? Math.min(nextCheckMs, STATUS_UPDATE_INTERVAL_MS) : nextCheckMs;
  }

  #connect(fleet: FleetConfig): FleetRuntime {
    const { connect, eventsOf, scopes, clock } = this.#options;
    const { name, limits } = fleet;
    const quota = this.#quotas.get(name) ?? this.#restoredQuota(name);
    quota.limit = limits.maxDisassociationsPerHour;
    this.#quotas.set(name, quota);
    const onBundlesRead = () => this.#notify(name);
    const recordedAccounts = () => this.#recordedAccounts(name);
    const events = fleet.name === undefined ? undefined : eventsOf?.(name);
    const runtime = new FleetRuntime(fleet, {
      ...connect(fleet),
      events,
      quota,
      scopes,
      clock,
      recordedAccounts,
      recordedDelivery: (generation) => this.#recordedDelivery(name, generation),
      onBundlesRead,
    });
    this.#options.runtimes.set(name, runtime);
    return runtime;
  }

  /** The status and the lease can be lost separately, for example, in a restore from a backup. */
  #recordedAccounts(name: FleetName): string[] {
    const { statusCache, recordedAccounts } = this.#options;
    const inStatus = name === undefined ? undefined : statusCache.latest(name)?.status?.accountID;
    return [...recordedAccounts(name), ...(inStatus === undefined ? [] : [inStatus])];
  }

  #recordedDelivery(name: FleetName, generation: number): RecordedDelivery {
    const { statusCache, clock } = this.#options;
    const status = name === undefined ? undefined : statusCache.latest(name)?.status;
    return recordedDelivery(status, generation, clock.now().getTime());
  }

  /** Returns the quota that an earlier process or another replica recorded in the status. */
  #restoredQuota(name: FleetName): DisassociationQuota {
    const recorded = name === undefined ? [] : this.#options.statusCache.latest(name)?.status?.recentDisassociations;
    return new DisassociationQuota(undefined, recorded ?? [], () => this.#statusReporter.write(name));
  }

  /** Checks the AWS identity if it is due. Returns the milliseconds until the next check. */
  async #identify(name: FleetName, runtime: FleetRuntime, log: Logger): Promise<number> {
    const { clock, random } = this.#options;
    const dueInMs = (this.#identifyAt.get(name) ?? Number.NEGATIVE_INFINITY) - clock.monotonic();
    if (dueInMs > 0) {
      return dueInMs;
    }
    const before = { isUsable: runtime.context !== undefined, blocker: runtime.blocker };
    await runtime.identify();
    const delayMs = this.#identifyDelay(name, runtime) * (1 + random() / 10);
    this.#identifyAt.set(name, clock.monotonic() + delayMs);
    if (this.#options.runtimes.get(name) !== runtime) {
      return delayMs;
    }
    const { blocker } = runtime;
    if (before.isUsable !== (runtime.context !== undefined) || before.blocker?.message !== blocker?.message) {
      this.#statusReporter.recordEvent(name, runtime, log);
      this.#notify(name);
    }
    return delayMs;
  }

  /** Claims the AWS scope of a fleet. The fleet is used only if no other replica makes changes in the scope. */
  async #locate(name: FleetName, { identity }: FleetRuntime): Promise<void> {
    const { ownership } = this.#options;
    const scope = identity && scopeKey(identity);
    if (scope !== undefined && ownership.owned(name)?.scope !== scope) {
      await ownership.locate(name, scope);
    }
  }

  #identifyDelay(name: FleetName, { blocker, identity }: FleetRuntime): number {
    if (blocker === undefined && identity !== undefined) {
      this.#failures.delete(name);
      return IDENTIFY_INTERVAL_MS;
    }
    const failures = this.#failures.get(name) ?? 0;
    this.#failures.set(name, failures + 1);
    return blocker?.terminal ? TERMINAL_RETRY_MS : backoffDelay(IDENTIFY_BACKOFF, failures);
  }

  #notify(name: FleetName): void {
    for (const listener of this.#listeners) {
      listener(name);
    }
  }

  #close(name: FleetName): void {
    this.#options.runtimes.get(name)?.close();
    this.#options.runtimes.delete(name);
    this.#identifyAt.delete(name);
    this.#failures.delete(name);
  }
}

/** Whether the operator may use a fleet: it is valid, and this version knows all of its fields. */
function isUsable(fleet: FleetConfig | InvalidResourceError | undefined): fleet is FleetConfig {
  return fleet !== undefined && !(fleet instanceof InvalidResourceError) && fleet.unknownFields === undefined;
}

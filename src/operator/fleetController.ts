import type { Logger } from 'pino';
import { type Backoff, backoffDelay } from '../backoff.ts';
import { DisassociationQuota } from '../history/disassociationQuota.ts';
import type { FleetObject } from '../kube/resources.ts';
import type { WatchChange } from '../kube/store.ts';
import { InvalidResourceError } from '../policy/invalidField.ts';
import type { FleetConfig } from '../policy/workspaceFleet.ts';
import { type AwsScopes, scopeKey } from './awsScopes.ts';
import { FleetRuntime, type FleetRuntimeOptions } from './fleetRuntime.ts';
import { FleetStatusReporter, type FleetStatusReporterOptions } from './fleetStatusReporter.ts';
import { type FleetName, fleetLabel, unknownFieldsIn } from './fleetStore.ts';
import type { Ownership } from './ownership/ownership.ts';
import type { SchemaSource } from './servedSchemas.ts';
import { runWorker, type WorkerOptions } from './worker.ts';

export interface FleetControllerOptions
  extends Omit<FleetStatusReporterOptions, 'runtime' | 'owned'>,
    Omit<WorkerOptions, 'about' | 'run'> {
  readonly scopes: AwsScopes;
  /** How to reach a fleet. */
  readonly connect: (fleet: FleetConfig) => Pick<FleetRuntimeOptions, 'connection' | 'close'>;
  readonly ownership: Pick<Ownership, 'owned' | 'locate'>;
  readonly schemas: Pick<SchemaSource, 'refresh'>;
  /** Whether anybody looks after a fleet. */
  readonly isAttended: (name: FleetName) => boolean;
  /** Told when what policies may do in a fleet may have changed. */
  readonly onChange: (name: FleetName) => void;
}

/** AWS is asked so often whose account it is, in milliseconds: credentials change behind the operator's back. */
const IDENTIFY_EVERY = 10 * 60_000;
/** What nobody has mended is looked at again after so long, in milliseconds; what passes, sooner, and then later and later. */
const RETRY_LATER = 60_000;
const IDENTIFY_BACKOFF: Backoff = { baseMs: 5_000, maxMs: RETRY_LATER };
/** Time until a fleet with unknown fields is read again, in milliseconds: the CRD may have changed. */
const RECHECK_UNKNOWN_FIELDS_MS = 60_000;
/** The figures of a status are as old as this at most while policies run, in milliseconds. */
const FIGURES_AFTER = 1_000;
const FIGURES_EVERY = 60_000;

/** Connects to the fleets that are this replica's and that policies use, and reports on each. What is wrong with one concerns no other. */
export class FleetController {
  readonly #options: FleetControllerOptions;
  readonly #runtime = new Map<FleetName, FleetRuntime>();
  /** What was disassociated counts however often a fleet is connected to anew, for as long as it is this replica's. */
  readonly #quota = new Map<FleetName, DisassociationQuota>();
  /** When AWS is to be asked again whose account it is, by the monotonic clock. */
  readonly #identifyAt = new Map<FleetName, number>();
  readonly #failures = new Map<FleetName, number>();
  readonly #reports: FleetStatusReporter;

  constructor(options: FleetControllerOptions) {
    this.#options = options;
    this.#reports = new FleetStatusReporter({
      ...options,
      runtime: (name) => this.#runtime.get(name),
      owned: (name) => options.ownership.owned(name),
    });
  }

  /** A handler of the watch of WorkspaceFleets: takes in what matters at once, and enqueues the rest. */
  observe({ type, object }: WatchChange<FleetObject>): void {
    const { fleets, statusCache } = this.#options;
    const { name } = object.metadata;
    if (type === 'Deleted') {
      statusCache.forget(name);
    }
    if (type === 'Deleted' ? fleets.delete(name) : fleets.put(object)) {
      this.#changed(name);
    }
  }

  /** The schemas of the CRDs were read: fleets with unknown fields may be usable. */
  schemasRead(): void {
    for (const name of this.#options.fleets.reparse()) {
      this.#changed(name);
    }
  }

  #changed(name: string): void {
    const { fleets, queue, onChange } = this.#options;
    const fleet = fleets.get(name);
    const runtime = this.#runtime.get(name);
    if (runtime !== undefined && !(isUsable(fleet) && runtime.update(fleet))) {
      this.#close(name);
    }
    queue.add(name);
    onChange(name);
  }

  /** A fleet at work; undefined if there is none of this name, or it hasn't been looked at yet. */
  get(name: FleetName): FleetRuntime | undefined {
    return this.#runtime.get(name);
  }

  /** A policy uses the fleet: it is connected to if it isn't yet, and its figures change. */
  uses(name: FleetName): void {
    this.#options.queue.addAfter(name ?? '', this.#runtime.has(name) ? FIGURES_AFTER : 0);
  }

  /** A fleet has become this replica's, or may now be used by it. */
  gained(name: FleetName): void {
    this.#options.queue.add(name ?? '');
  }

  /** A fleet isn't this replica's any more: what is read of it is given up. */
  lost(name: FleetName): void {
    this.#close(name);
    this.#quota.delete(name);
  }

  /** Works until the queue is shut down. Several may run at once. */
  runWorker(): Promise<void> {
    const { ownership } = this.#options;
    const nameOf = (key: string) => (key === '' ? undefined : key);
    return runWorker({
      ...this.#options,
      about: (key) => ({ fleet: fleetLabel(nameOf(key)) }),
      run: async (key, log) => ownership.owned(nameOf(key))?.track(() => this.#process(nameOf(key), log)),
    });
  }

  /** Returns the milliseconds until the fleet is due again; undefined if it is gone or nobody uses it. */
  async #process(name: FleetName, log: Logger): Promise<number | undefined> {
    const { fleets, isAttended, schemas } = this.#options;
    if (unknownFieldsIn(fleets.get(name)) !== undefined) {
      await schemas.refresh();
    }
    const fleet = fleets.get(name);
    if (fleet === undefined || !isAttended(name)) {
      return undefined;
    }
    const unknownFields = unknownFieldsIn(fleet);
    if (!isUsable(fleet)) {
      if (unknownFields !== undefined) {
        this.#reports.recordUnknownFields(name, unknownFields, log);
      }
      await this.#reports.write(name);
      return unknownFields === undefined ? undefined : RECHECK_UNKNOWN_FIELDS_MS;
    }
    const runtime = this.#runtime.get(name) ?? this.#begin(fleet);
    const again = await this.#identify(name, runtime, log);
    await this.#locate(name, runtime);
    if (this.#runtime.get(name) === runtime) {
      await this.#reports.write(name);
    }
    return runtime.blocker === undefined ? Math.min(again, FIGURES_EVERY) : again;
  }

  #begin(fleet: FleetConfig): FleetRuntime {
    const { connect, scopes, clock } = this.#options;
    const { name, limits } = fleet;
    const quota = this.#quota.get(name) ?? this.#restoredQuota(name);
    quota.limit = limits.maxDisassociationsPerHour;
    this.#quota.set(name, quota);
    const runtime = new FleetRuntime(fleet, { ...connect(fleet), quota, scopes, clock });
    this.#runtime.set(name, runtime);
    return runtime;
  }

  /** What an earlier process, or another replica, has counted. */
  #restoredQuota(name: FleetName): DisassociationQuota {
    const recorded = name === undefined ? [] : this.#options.statusCache.latest(name)?.status?.recentDisassociations;
    return new DisassociationQuota(undefined, recorded ?? [], () => this.#reports.write(name));
  }

  /** Asks AWS for the account if that is due. Returns the milliseconds until it is due again. */
  async #identify(name: FleetName, runtime: FleetRuntime, log: Logger): Promise<number> {
    const { clock, random, onChange } = this.#options;
    const due = (this.#identifyAt.get(name) ?? Number.NEGATIVE_INFINITY) - clock.monotonic();
    if (due > 0) {
      return due;
    }
    const before = { isUsable: runtime.context !== undefined, blocker: runtime.blocker };
    await runtime.identify();
    const again = this.#identifyAgainAfter(name, runtime) * (1 + random() / 10);
    this.#identifyAt.set(name, clock.monotonic() + again);
    if (this.#runtime.get(name) !== runtime) {
      return again;
    }
    const { blocker } = runtime;
    if (before.isUsable !== (runtime.context !== undefined) || before.blocker?.message !== blocker?.message) {
      this.#reports.recordEvent(name, runtime, log);
      onChange(name);
    }
    return again;
  }

  /** Once AWS has said where a fleet is, nothing of it is used unless nobody else changes anything there. */
  async #locate(name: FleetName, { identity }: FleetRuntime): Promise<void> {
    const { ownership } = this.#options;
    const scope = identity && scopeKey(identity);
    if (scope !== undefined && ownership.owned(name)?.scope !== scope) {
      await ownership.locate(name, scope);
    }
  }

  #identifyAgainAfter(name: FleetName, { blocker, identity }: FleetRuntime): number {
    if (blocker === undefined && identity !== undefined) {
      this.#failures.delete(name);
      return IDENTIFY_EVERY;
    }
    const failures = this.#failures.get(name) ?? 0;
    this.#failures.set(name, failures + 1);
    return blocker?.terminal ? RETRY_LATER : backoffDelay(IDENTIFY_BACKOFF, failures);
  }

  #close(name: FleetName): void {
    this.#runtime.get(name)?.close();
    this.#runtime.delete(name);
    this.#identifyAt.delete(name);
    this.#failures.delete(name);
  }
}

/** Whether the operator may use a fleet: it is valid, and this version knows all of its fields. */
function isUsable(fleet: FleetConfig | InvalidResourceError | undefined): fleet is FleetConfig {
  return fleet !== undefined && !(fleet instanceof InvalidResourceError) && fleet.unknownFields === undefined;
}

import type { Logger } from 'pino';
import { HourlyDisassociations } from '../execute/hourlyDisassociations.ts';
import type { Change } from '../kube/store.ts';
import { InvalidResourceError } from '../policy/invalid.ts';
import type { WorkspaceFleet } from '../policy/workspaceFleet.ts';
import { type FleetName, fleetLabel } from './fleetBook.ts';
import { FleetReports, type FleetReportsOptions } from './fleetReports.ts';
import { OperatedFleet, type OperatedFleetOptions } from './operatedFleet.ts';
import type { Ownership } from './ownership/ownership.ts';
import { type Places, placeKey } from './places.ts';
import type { FleetObject } from './resources.ts';
import { type WorkOptions, work } from './work.ts';

export interface FleetControllerOptions
  extends Omit<FleetReportsOptions, 'operated' | 'tenureOf'>,
    Omit<WorkOptions, 'about' | 'run'> {
  readonly places: Places;
  /** How to reach a fleet. */
  readonly connect: (fleet: WorkspaceFleet) => Pick<OperatedFleetOptions, 'connection' | 'close'>;
  readonly ownership: Pick<Ownership, 'tenureOf' | 'locate'>;
  /** Whether anybody looks after a fleet. */
  readonly isAttended: (name: FleetName) => boolean;
  /** Told when what policies may do in a fleet may have changed. */
  readonly onChange: (name: FleetName) => void;
}

/** AWS is asked so often whose account it is, in milliseconds: credentials change behind the operator's back. */
const IDENTIFY_EVERY = 10 * 60_000;
/** What nobody has mended is looked at again after so long, in milliseconds; what passes, sooner, and then later and later. */
const RETRY_LATER = 60_000;
const RETRY_FIRST = 5_000;
/** The figures of a status are as old as this at most while policies run, in milliseconds. */
const FIGURES_AFTER = 1_000;
const FIGURES_EVERY = 60_000;

/** Connects to the fleets that are this replica's and that policies use, and reports on each. What is wrong with one concerns no other. */
export class FleetController {
  readonly #options: FleetControllerOptions;
  readonly #operated = new Map<FleetName, OperatedFleet>();
  /** What was disassociated counts however often a fleet is connected to anew, for as long as it is this replica's. */
  readonly #hourly = new Map<FleetName, HourlyDisassociations>();
  /** When AWS is to be asked again whose account it is, by the monotonic clock. */
  readonly #identifyAt = new Map<FleetName, number>();
  readonly #failures = new Map<FleetName, number>();
  readonly #reports: FleetReports;

  constructor(options: FleetControllerOptions) {
    this.#options = options;
    this.#reports = new FleetReports({
      ...options,
      operated: (name) => this.#operated.get(name),
      tenureOf: (name) => options.ownership.tenureOf(name),
    });
  }

  /** A handler of the watch of WorkspaceFleets: takes in what matters at once, and enqueues the rest. */
  observe({ type, object }: Change<FleetObject>): void {
    const { book, queue, statuses, onChange } = this.#options;
    const { name } = object.metadata;
    if (type === 'Deleted') {
      statuses.forget(name);
    }
    if (type === 'Deleted' ? book.delete(name) : book.put(object)) {
      const fleet = book.get(name);
      const operated = this.#operated.get(name);
      if (
        operated !== undefined &&
        (fleet === undefined || fleet instanceof InvalidResourceError || !operated.update(fleet))
      ) {
        this.#close(name);
      }
      queue.add(name);
      onChange(name);
    }
  }

  /** A fleet at work; undefined if there is none of this name, or it hasn't been looked at yet. */
  get(name: FleetName): OperatedFleet | undefined {
    return this.#operated.get(name);
  }

  /** A policy uses the fleet: it is connected to if it isn't yet, and its figures change. */
  uses(name: FleetName): void {
    this.#options.queue.addAfter(name ?? '', this.#operated.has(name) ? FIGURES_AFTER : 0);
  }

  /** A fleet has become this replica's, or may now be used by it. */
  gained(name: FleetName): void {
    this.#options.queue.add(name ?? '');
  }

  /** A fleet isn't this replica's any more: what is read of it is given up. */
  lost(name: FleetName): void {
    this.#close(name);
    this.#hourly.delete(name);
  }

  /** Works until the queue is shut down. Several may run at once. */
  work(): Promise<void> {
    const { ownership } = this.#options;
    const nameOf = (key: string) => (key === '' ? undefined : key);
    return work({
      ...this.#options,
      about: (key) => ({ fleet: fleetLabel(nameOf(key)) }),
      run: async (key, log) => ownership.tenureOf(nameOf(key))?.during(() => this.#process(nameOf(key), log)),
    });
  }

  /** Returns the milliseconds until the fleet is due again; undefined if it is gone or nobody uses it. */
  async #process(name: FleetName, log: Logger): Promise<number | undefined> {
    const { book, isAttended } = this.#options;
    const fleet = book.get(name);
    if (fleet === undefined || !isAttended(name)) {
      return undefined;
    }
    if (fleet instanceof InvalidResourceError) {
      await this.#reports.write(name);
      return undefined;
    }
    const operated = this.#operated.get(name) ?? this.#begin(fleet);
    const again = await this.#identify(name, operated, log);
    await this.#locate(name, operated);
    if (this.#operated.get(name) === operated) {
      await this.#reports.write(name);
    }
    return operated.trouble === undefined ? Math.min(again, FIGURES_EVERY) : again;
  }

  #begin(fleet: WorkspaceFleet): OperatedFleet {
    const { connect, places, clock } = this.#options;
    const { name, terms } = fleet;
    const hourly = this.#hourly.get(name) ?? this.#recordedHourly(name);
    hourly.limit = terms.maxDisassociationsPerHour;
    this.#hourly.set(name, hourly);
    const operated = new OperatedFleet(fleet, { ...connect(fleet), hourly, places, clock });
    this.#operated.set(name, operated);
    return operated;
  }

  /** What an earlier process, or another replica, has counted. */
  #recordedHourly(name: FleetName): HourlyDisassociations {
    const recorded = name === undefined ? [] : this.#options.statuses.latest(name)?.status?.recentDisassociations;
    return new HourlyDisassociations(undefined, recorded ?? [], () => this.#reports.write(name));
  }

  /** Asks AWS for the account if that is due. Returns the milliseconds until it is due again. */
  async #identify(name: FleetName, operated: OperatedFleet, log: Logger): Promise<number> {
    const { clock, random, onChange } = this.#options;
    const due = (this.#identifyAt.get(name) ?? Number.NEGATIVE_INFINITY) - clock.monotonic();
    if (due > 0) {
      return due;
    }
    const before = { isUsable: operated.context !== undefined, trouble: operated.trouble };
    await operated.identify();
    const again = this.#identifyAgainAfter(name, operated) * (1 + random() / 10);
    this.#identifyAt.set(name, clock.monotonic() + again);
    if (this.#operated.get(name) !== operated) {
      return again;
    }
    const { trouble } = operated;
    if (before.isUsable !== (operated.context !== undefined) || before.trouble?.message !== trouble?.message) {
      this.#reports.tell(name, operated, log);
      onChange(name);
    }
    return again;
  }

  /** Once AWS has said where a fleet is, nothing of it is used unless nobody else changes anything there. */
  async #locate(name: FleetName, { identity }: OperatedFleet): Promise<void> {
    const { ownership } = this.#options;
    const place = identity && placeKey(identity);
    if (place !== undefined && ownership.tenureOf(name)?.place !== place) {
      await ownership.locate(name, place);
    }
  }

  #identifyAgainAfter(name: FleetName, { trouble, identity }: OperatedFleet): number {
    if (trouble === undefined && identity !== undefined) {
      this.#failures.delete(name);
      return IDENTIFY_EVERY;
    }
    const failures = this.#failures.get(name) ?? 0;
    this.#failures.set(name, failures + 1);
    return trouble?.needsPerson ? RETRY_LATER : Math.min(RETRY_LATER, RETRY_FIRST * 2 ** failures);
  }

  #close(name: FleetName): void {
    this.#operated.get(name)?.close();
    this.#operated.delete(name);
    this.#identifyAt.delete(name);
    this.#failures.delete(name);
  }
}

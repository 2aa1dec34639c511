import type { Clock } from '../clock.ts';
import type { ReadSubject } from '../eventbridge/eventNames.ts';
import type { Workspace } from '../fleet/model.ts';
import type { FleetReader } from '../fleet/ports.ts';
import { isTransient } from '../fleet/states.ts';
import { completeInSlices, eachSliced, filterSliced } from '../slices.ts';
import type { FleetLoader } from './fleetLoader.ts';
import { type ListedChange, ListedChanges } from './listedChanges.ts';
import type { Listing, ObservationOverlay } from './observationOverlay.ts';
import type { Refresher } from './refresher.ts';

export interface AnnouncedReadsOptions {
  readonly clock: Clock;
  readonly observations: ObservationOverlay;
  readonly loader: FleetLoader;
  readonly refresher: Refresher;
}

/** A WorkSpace that a listing shows in a transient state. */
export interface ListedTransient {
  readonly workspaceID: string;
  /** Time of the listing, in milliseconds since the epoch. */
  readonly listedAt: number;
}

/** Reads of WorkSpaces that events announce, and what the listings show of them. All times are in milliseconds since the epoch. */
export class AnnouncedReads {
  readonly #options: AnnouncedReadsOptions;
  readonly #completeReads = new Map<string, number>();
  #discardedBefore = Number.NEGATIVE_INFINITY;
  /** Listings of WorkSpaces whose transient states were taken. */
  #taken = new WeakSet<Listing<Workspace>>();

  constructor(options: AnnouncedReadsOptions) {
    this.#options = options;
  }

  /** Reads WorkSpaces now. Rejects with a FleetError if a read failed; `readAt` shows the others. */
  async read(reads: ReadonlyMap<ReadSubject, readonly string[]>, fleet: FleetReader): Promise<void> {
    const of = (subject: ReadSubject) => reads.get(subject) ?? [];
    for (const id of new Set([...of('workspace'), ...of('associations')])) {
      this.#options.observations.announce(id);
    }
    await this.#options.refresher.readNow(
      {
        stateOf: of('workspace'),
        associationsOf: of('associations'),
        tagsOf: of('tags'),
        connectionOf: of('connection'),
      },
      fleet,
    );
  }

  /** Returns the time of the last read of a WorkSpace. Undefined if only listings contain it. */
  readAt(workspaceID: string, subject: ReadSubject): number | undefined {
    const { observations } = this.#options;
    switch (subject) {
      case 'workspace':
        return observations.workspaceSeenAt(workspaceID);
      case 'associations':
        return observations.associations.allSeenAt(workspaceID);
      case 'tags':
        return observations.tagsSeenAt(workspaceID);
      case 'connection':
        return observations.connectionSeenAt(workspaceID);
    }
  }

  /** Returns a WorkSpace as last read. Undefined if it does not exist, or only listings contain it. */
  workspace(workspaceID: string): Workspace | undefined {
    return this.#options.observations.workspaceRead(workspaceID);
  }

  /** Forgets WorkSpaces that the last read didn't find and that no listing contains, because anybody can send such IDs. */
  async forgetUnknown(workspaceIDs: readonly string[]): Promise<void> {
    const { observations, loader, clock } = this.#options;
    const unknown = new Set(workspaceIDs.filter((id) => observations.isMissing(id)));
    for (const { value } of unknown.size === 0 ? [] : loader.workspaceListings) {
      await completeInSlices(
        eachSliced(value, ({ workspaceID }) => void unknown.delete(workspaceID)),
        clock,
      );
    }
    for (const id of unknown) {
      observations.forget(id);
    }
  }

  /** Forgets the tags or the connection of a WorkSpace that were read before a time. */
  forgetBefore(workspaceID: string, subject: 'tags' | 'connection', time: number): void {
    const { observations } = this.#options;
    if ((this.readAt(workspaceID, subject) ?? time) < time) {
      subject === 'tags' ? observations.forgetTags(workspaceID) : observations.forgetConnection(workspaceID);
    }
  }

  /** Records a read of everything that a policy requires, and the time of its oldest request. */
  recordComplete(policyKey: string, askedAt: number): void {
    this.#completeReads.set(policyKey, askedAt);
  }

  /** Returns the time since which everything that policies require was read. Negative infinity if a policy has read nothing. */
  completeSince(policyKeys: readonly string[]): number {
    const known = policyKeys.map((key) => this.#completeReads.get(key) ?? Number.NEGATIVE_INFINITY);
    if (this.#completeReads.size > policyKeys.length) {
      const keys = new Set(policyKeys);
      for (const key of this.#completeReads.keys()) {
        if (!keys.has(key)) {
          this.#completeReads.delete(key);
        }
      }
    }
    return known.length === 0 ? Number.NEGATIVE_INFINITY : known.reduce((a, b) => Math.min(a, b));
  }

  /** Drops listings from before a time that no policy uses. A new policy must not use one that is older than an event. */
  discardBefore(time: number): void {
    if (time > this.#discardedBefore) {
      this.#discardedBefore = time;
      this.#options.loader.discardBefore(time);
    }
  }

  /** Number of calls that renew all listings. Undefined before the first listing. */
  get listingCalls(): number | undefined {
    return this.#options.loader.listingCalls;
  }

  /** Starts to compare listings with the previous ones. */
  watchListings(): void {
    this.#options.loader.listedChanges ??= new ListedChanges(this.#options.observations.associations);
  }

  /** Returns the unknown changes that listings have shown since the last call. */
  takeChanges(): Promise<ListedChange[]> {
    const { loader, clock } = this.#options;
    const { listedChanges } = loader;
    return listedChanges === undefined ? Promise.resolve([]) : completeInSlices(listedChanges.take(), clock);
  }

  /** Returns the WorkSpaces in a transient state in listings since the last call. */
  async takeTransient(): Promise<ListedTransient[]> {
    const { loader, clock } = this.#options;
    const found: ListedTransient[] = [];
    for (const listing of loader.workspaceListings) {
      if (!this.#taken.has(listing)) {
        this.#taken.add(listing);
        const isListedTransient = ({ state }: Workspace) => isTransient(state);
        const workspaces = await completeInSlices(filterSliced(listing.value, isListedTransient), clock);
        for (const { workspaceID } of workspaces) {
          found.push({ workspaceID, listedAt: listing.askedAt });
        }
      }
    }
    return found;
  }
}

import { type Clock, yieldToEventLoop } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { FleetReader } from '../fleet/ports.ts';
import { isTransitioning } from '../fleet/states.ts';
import { FailureBackoff } from './failureBackoff.ts';
import { FleetLoader, type ReadSet } from './fleetLoader.ts';
import { ObservationOverlay } from './observationOverlay.ts';
import { planPolling, refreshDelay } from './polling.ts';
import type { QueryPlan } from './queryPlan.ts';
import type { ReadRequirements } from './readRequirements.ts';
import {
  type CacheSink,
  type ReadThroughCache,
  readAssociations,
  readConnections,
  readTags,
  readWorkspaces,
} from './readThrough.ts';
import type { Snapshot } from './snapshot.ts';
import { type CallCount, type SyncStats, SyncTracker } from './syncTracker.ts';
import { type ChangeOperation, Transitions } from './transitions.ts';

/** Single WorkSpaces to look at, and what to look at. */
export interface RefreshRequest {
  readonly associationsOf?: readonly string[];
  readonly stateOf?: readonly string[];
  readonly connectionOf?: readonly string[];
  readonly tagsOf?: readonly string[];
}

/**
 * What is known of a fleet, shared by all policies: a listing that one of them has just paid for serves the others, and what a change
 * brought about is seen by all at once.
 */
export class Inventory implements CacheSink {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #listed: FleetLoader;
  readonly #syncs: SyncTracker;
  readonly #polling: FailureBackoff;
  readonly #observations = new ObservationOverlay();
  readonly #transitions = new Transitions();
  readonly #readSet = new WeakMap<Snapshot, ReadSet>();

  /** `callsSoFar`: the calls that its reads have taken, to tell what each pass takes. */
  constructor(reader: FleetReader, clock: Clock, callsSoFar: () => readonly CallCount[] = () => []) {
    this.#reader = reader;
    this.#clock = clock;
    this.#syncs = new SyncTracker(clock, callsSoFar);
    this.#listed = new FleetLoader(reader, clock, this, this.#syncs);
    this.#polling = new FailureBackoff(clock);
  }

  /**
   * A snapshot that has everything in `requirements`, asked for within the last `interval` milliseconds and not before `notBefore`. What is
   * moving is looked at more often. Failed reads don't reject; they are in the snapshot's `failures`.
   */
  read(requirements: ReadRequirements, interval: number, notBefore = new Date(0)): Promise<Snapshot> {
    return this.#syncs.run(() => this.#read(requirements, interval, notBefore));
  }

  /** The last pass that asked AWS for anything. */
  get lastInventory(): SyncStats | undefined {
    return this.#syncs.last;
  }

  /** How the pass that is under way, or the last, is read, also where nothing is asked of AWS; undefined before that is decided. */
  get queries(): QueryPlan | undefined {
    return this.#syncs.queries;
  }

  /** How much there is, as far as it was listed. */
  sizes(): { readonly workspaces: number; readonly applications: number } {
    return this.#listed.sizes();
  }

  /** When the newest list of WorkSpaces was asked for; undefined while there is none. */
  get listedAt(): Date | undefined {
    return this.#listed.listedAt;
  }

  async #read(requirements: ReadRequirements, interval: number, notBefore: Date): Promise<Snapshot> {
    const now = this.#clock.now().getTime();
    const since = Math.max(now - interval + 1, notBefore.getTime());
    const listed = await this.#listed.read(requirements, since, interval, notBefore.getTime());
    this.#listed.prune();
    this.#observations.prune(now);
    await yieldToEventLoop(this.#clock);
    const readSet = await this.#readDetails(listed);
    await yieldToEventLoop(this.#clock);
    const snapshot = this.#view(readSet);
    await yieldToEventLoop(this.#clock);
    const { refreshDueAt = Number.POSITIVE_INFINITY } = snapshot;
    if (snapshot.failures.length > 0 || refreshDueAt > this.#clock.now().getTime()) {
      return snapshot;
    }
    return this.#view(await this.#poll(snapshot, readSet));
  }

  /** The same snapshot with what has been observed since it was taken. Asks AWS for nothing. */
  withLatest(snapshot: Snapshot): Snapshot {
    const readSet = this.#readSet.get(snapshot);
    return readSet === undefined ? snapshot : this.#view(readSet);
  }

  /** Looks at single WorkSpaces. What fails stays as it was known. */
  async refresh({ associationsOf = [], stateOf = [], connectionOf = [], tagsOf = [] }: RefreshRequest): Promise<void> {
    const source: ReadThroughCache = { fleet: this.#reader, inventory: this, clock: this.#clock };
    await this.#polling.run(() =>
      Promise.all([
        ...associationsOf.map((id) => readAssociations(id, source)),
        readWorkspaces(stateOf, source),
        readConnections(connectionOf, source),
        ...tagsOf.map((id) => readTags(id, source)),
      ]),
    );
  }

  /** Since when it is known whether a WorkSpace's user is connected, in milliseconds since the epoch; undefined if it isn't. */
  connectionSeenAt(workspaceID: string): number | undefined {
    return this.#observations.connectionSeenAt(workspaceID);
  }

  /** Takes in what an earlier process knew of an operation that failed. */
  rememberFailed(operation: ChangeOperation, association: Association): void {
    this.#transitions.rememberFailed(operation, association, this.#clock.now().getTime());
  }

  observeAssociations(workspaceID: string, associations: readonly Association[], askedAt: Date): void {
    this.#observations.associations(workspaceID, associations, askedAt.getTime());
  }

  /** Records one association as a change has just left it. */
  observeAssociation(association: Association): void {
    this.#observations.association(association, this.#clock.now().getTime());
  }

  /** Records a WorkSpace as it was asked for at `askedAt`; undefined if it is gone. */
  observeWorkspace(workspaceID: string, workspace: Workspace | undefined, askedAt: Date): void {
    this.#observations.workspace(workspaceID, workspace, askedAt.getTime());
  }

  observeTags(workspaceID: string, tags: ReadonlyMap<string, string>, askedAt: Date): void {
    this.#observations.tags(workspaceID, tags, askedAt.getTime());
  }

  observeConnection(connection: WorkspaceConnection, askedAt: Date): void {
    this.#observations.connection(connection, askedAt.getTime());
  }

  /** Reads the tags and connections that the needs turn out to ask for, but for those that are known since then. */
  async #readDetails(readSet: ReadSet): Promise<ReadSet> {
    const { requirements, since, failures } = readSet;
    if (failures.length > 0) {
      return readSet;
    }
    const view = this.#view(readSet);
    const { tagsOf, connectionOf } = requirements.details(view);
    const tags = tagsOf.filter((id) => (this.#observations.tagsSeenAt(id) ?? -1) < since);
    const connections = connectionOf.filter((id) => (this.#observations.connectionSeenAt(id) ?? -1) < since);
    const failed = await this.#listed.readDetails(tags, connections, since, view.workspaces.size);
    return failed.length === 0 ? readSet : { ...readSet, failures: failed };
  }

  #view(readSet: ReadSet): Snapshot {
    const { workspaces: listed, alsoRead, applications, associations: listings, askedAt, failures } = readSet;
    const associations = this.#observations.mergeAssociations(listings, readSet.since);
    const now = this.#clock.now().getTime();
    for (const ofWorkspace of associations.values()) {
      for (const association of ofWorkspace.values()) {
        this.#transitions.note(association, now);
      }
    }
    this.#transitions.retain(
      ({ workspaceID, applicationID }) =>
        !listings.has(applicationID) || (associations.get(workspaceID)?.has(applicationID) ?? false),
    );
    const view = {
      workspaces: this.#observations.mergeWorkspaces(listed, alsoRead),
      applications: new Map(applications.flatMap(({ value }) => value).map((one) => [one.applicationID, one])),
      associations,
    };
    const snapshot: Snapshot = {
      ...view,
      askedAt,
      listedAt: listed.map((one) => one.askedAt).reduce((a, b) => Math.min(a, b), now),
      refreshDueAt: this.#refreshDueAt(view, readSet, now),
      failedOperation: (association) => this.#transitions.failedOperation(association),
      failures,
    };
    this.#readSet.set(snapshot, readSet);
    return snapshot;
  }

  #refreshDueAt(view: View, readSet: ReadSet, now: number): number | undefined {
    const transitioning = transitioningIn(view, readSet.requirements);
    const { calls } = planPolling(transitioning, listedIn(readSet));
    const due = transitioning.map((association) => {
      const listedAt = readSet.associations.get(association.applicationID)?.askedAt ?? 0;
      const seenAt = Math.max(this.#observations.seenAt(association) ?? 0, listedAt);
      return seenAt + refreshDelay(now - (this.#transitions.since(association) ?? now), readSet.interval, calls);
    });
    const first = due.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return due.length === 0 ? undefined : Math.max(first, this.#polling.until);
  }

  /** Looks again at what moves. What fails stays as it was known: it is young enough for a decision without. */
  async #poll(snapshot: Snapshot, readSet: ReadSet): Promise<ReadSet> {
    const { applicationIDs, workspaceIDs, stateOf } = planPolling(
      transitioningIn(snapshot, readSet.requirements),
      listedIn(readSet),
    );
    const since = this.#clock.now().getTime();
    const associations = new Map(readSet.associations);
    await this.refresh({ associationsOf: workspaceIDs, stateOf });
    await this.#polling.run(async () => {
      for (const applicationID of applicationIDs) {
        const listing = await this.#listed.associationsOf(applicationID, since);
        if (listing instanceof FleetError) {
          throw listing;
        }
        associations.set(applicationID, listing);
      }
    });
    return { ...readSet, associations };
  }
}

type View = Pick<Snapshot, 'workspaces' | 'applications' | 'associations'>;

/** What is moving on known WorkSpaces and matters to whoever has these needs. */
function transitioningIn(
  { workspaces, applications, associations }: View,
  requirements: ReadRequirements,
): Association[] {
  return [...associations]
    .filter(([workspaceID]) => workspaces.has(workspaceID))
    .flatMap(([, ofWorkspace]) => [...ofWorkspace.values()].filter(isTransitioning))
    .filter(({ applicationID }) => requirements.polls(applications.get(applicationID) ?? { applicationID }));
}

function listedIn({ associations }: ReadSet): (applicationID: string) => number {
  return (applicationID) => associations.get(applicationID)?.value.length ?? Number.POSITIVE_INFINITY;
}

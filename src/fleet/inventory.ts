import { type Clock, giveWay } from '../clock.ts';
import { FleetError } from './errors.ts';
import { followUp, lookAgainAfter } from './following.ts';
import {
  type FreshSource,
  type Observer,
  readAssociations,
  readConnections,
  readTags,
  readWorkspaces,
} from './fresh.ts';
import type { Association, Workspace, WorkspaceConnection } from './model.ts';
import { Movements, type Operation } from './movements.ts';
import type { Needs } from './needs.ts';
import { Observations } from './observations.ts';
import { type CallCount, type Pass, Passes } from './passes.ts';
import { Pause } from './pause.ts';
import type { FleetReader } from './ports.ts';
import type { QueryPlan } from './queryPlan.ts';
import type { Snapshot } from './snapshot.ts';
import { FleetListings, type Sources } from './sources.ts';
import { isMoving } from './states.ts';

/** Single WorkSpaces to look at, and what to look at. */
export interface Looks {
  readonly associationsOf?: readonly string[];
  readonly stateOf?: readonly string[];
  readonly connectionOf?: readonly string[];
  readonly tagsOf?: readonly string[];
}

/**
 * What is known of a fleet, shared by all policies: a listing that one of them has just paid for serves the others, and what a change
 * brought about is seen by all at once.
 */
export class Inventory implements Observer {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #listed: FleetListings;
  readonly #passes: Passes;
  readonly #following: Pause;
  readonly #observations = new Observations();
  readonly #movements = new Movements();
  readonly #sources = new WeakMap<Snapshot, Sources>();

  /** `callsSoFar`: the calls that its reads have taken, to tell what each pass takes. */
  constructor(reader: FleetReader, clock: Clock, callsSoFar: () => readonly CallCount[] = () => []) {
    this.#reader = reader;
    this.#clock = clock;
    this.#passes = new Passes(clock, callsSoFar);
    this.#listed = new FleetListings(reader, clock, this, this.#passes);
    this.#following = new Pause(clock);
  }

  /**
   * A snapshot that has everything in `needs`, asked for within the last `interval` milliseconds and not before `notBefore`. What is
   * moving is looked at more often. Failed reads don't reject; they are in the snapshot's `failures`.
   */
  read(needs: Needs, interval: number, notBefore = new Date(0)): Promise<Snapshot> {
    return this.#passes.run(() => this.#read(needs, interval, notBefore));
  }

  /** The last pass that asked AWS for anything. */
  get lastInventory(): Pass | undefined {
    return this.#passes.last;
  }

  /** How the pass that is under way, or the last, is read, also where nothing is asked of AWS; undefined before that is decided. */
  get queries(): QueryPlan | undefined {
    return this.#passes.queries;
  }

  /** How much there is, as far as it was listed. */
  sizes(): { readonly workspaces: number; readonly applications: number } {
    return this.#listed.sizes();
  }

  /** When the newest list of WorkSpaces was asked for; undefined while there is none. */
  get listedAt(): Date | undefined {
    return this.#listed.listedAt;
  }

  async #read(needs: Needs, interval: number, notBefore: Date): Promise<Snapshot> {
    const now = this.#clock.now().getTime();
    const since = Math.max(now - interval + 1, notBefore.getTime());
    const listed = await this.#listed.read(needs, since, interval, notBefore.getTime());
    this.#listed.prune();
    this.#observations.prune(now);
    await giveWay(this.#clock);
    const sources = await this.#readDetails(listed);
    await giveWay(this.#clock);
    const snapshot = this.#view(sources);
    await giveWay(this.#clock);
    const { lookAgainAt = Number.POSITIVE_INFINITY } = snapshot;
    if (snapshot.failures.length > 0 || lookAgainAt > this.#clock.now().getTime()) {
      return snapshot;
    }
    return this.#view(await this.#follow(snapshot, sources));
  }

  /** The same snapshot with what has been observed since it was taken. Asks AWS for nothing. */
  recall(snapshot: Snapshot): Snapshot {
    const sources = this.#sources.get(snapshot);
    return sources === undefined ? snapshot : this.#view(sources);
  }

  /** Looks at single WorkSpaces. What fails stays as it was known. */
  async look({ associationsOf = [], stateOf = [], connectionOf = [], tagsOf = [] }: Looks): Promise<void> {
    const source: FreshSource = { fleet: this.#reader, inventory: this, clock: this.#clock };
    await this.#following.run(() =>
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
  rememberFailed(operation: Operation, association: Association): void {
    this.#movements.rememberFailed(operation, association, this.#clock.now().getTime());
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
  async #readDetails(sources: Sources): Promise<Sources> {
    const { needs, since, failures } = sources;
    if (failures.length > 0) {
      return sources;
    }
    const view = this.#view(sources);
    const { tagsOf, connectionOf } = needs.details(view);
    const tags = tagsOf.filter((id) => (this.#observations.tagsSeenAt(id) ?? -1) < since);
    const connections = connectionOf.filter((id) => (this.#observations.connectionSeenAt(id) ?? -1) < since);
    const failed = await this.#listed.readDetails(tags, connections, since, view.workspaces.size);
    return failed.length === 0 ? sources : { ...sources, failures: failed };
  }

  #view(sources: Sources): Snapshot {
    const { workspaces: listed, alsoRead, applications, associations: listings, askedAt, failures } = sources;
    const associations = this.#observations.overAssociations(listings, sources.since);
    const now = this.#clock.now().getTime();
    for (const ofWorkspace of associations.values()) {
      for (const association of ofWorkspace.values()) {
        this.#movements.note(association, now);
      }
    }
    this.#movements.retain(
      ({ workspaceID, applicationID }) =>
        !listings.has(applicationID) || (associations.get(workspaceID)?.has(applicationID) ?? false),
    );
    const view = {
      workspaces: this.#observations.overWorkspaces(listed, alsoRead),
      applications: new Map(applications.flatMap(({ value }) => value).map((one) => [one.applicationID, one])),
      associations,
    };
    const snapshot: Snapshot = {
      ...view,
      askedAt,
      listedAt: listed.map((one) => one.askedAt).reduce((a, b) => Math.min(a, b), now),
      lookAgainAt: this.#lookAgainAt(view, sources, now),
      failedOperation: (association) => this.#movements.failedOperation(association),
      failures,
    };
    this.#sources.set(snapshot, sources);
    return snapshot;
  }

  #lookAgainAt(view: View, sources: Sources, now: number): number | undefined {
    const moving = movingIn(view, sources.needs);
    const { calls } = followUp(moving, listedIn(sources));
    const due = moving.map((association) => {
      const listedAt = sources.associations.get(association.applicationID)?.askedAt ?? 0;
      const seenAt = Math.max(this.#observations.seenAt(association) ?? 0, listedAt);
      return seenAt + lookAgainAfter(now - (this.#movements.since(association) ?? now), sources.interval, calls);
    });
    const first = due.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return due.length === 0 ? undefined : Math.max(first, this.#following.until);
  }

  /** Looks again at what moves. What fails stays as it was known: it is young enough for a decision without. */
  async #follow(snapshot: Snapshot, sources: Sources): Promise<Sources> {
    const { applicationIDs, workspaceIDs, stateOf } = followUp(movingIn(snapshot, sources.needs), listedIn(sources));
    const since = this.#clock.now().getTime();
    const associations = new Map(sources.associations);
    await this.look({ associationsOf: workspaceIDs, stateOf });
    await this.#following.run(async () => {
      for (const applicationID of applicationIDs) {
        const listing = await this.#listed.associationsOf(applicationID, since);
        if (listing instanceof FleetError) {
          throw listing;
        }
        associations.set(applicationID, listing);
      }
    });
    return { ...sources, associations };
  }
}

type View = Pick<Snapshot, 'workspaces' | 'applications' | 'associations'>;

/** What is moving on known WorkSpaces and matters to whoever has these needs. */
function movingIn({ workspaces, applications, associations }: View, needs: Needs): Association[] {
  return [...associations]
    .filter(([workspaceID]) => workspaces.has(workspaceID))
    .flatMap(([, ofWorkspace]) => [...ofWorkspace.values()].filter(isMoving))
    .filter(({ applicationID }) => needs.follows(applications.get(applicationID) ?? { applicationID }));
}

function listedIn({ associations }: Sources): (applicationID: string) => number {
  return (applicationID) => associations.get(applicationID)?.value.length ?? Number.POSITIVE_INFINITY;
}

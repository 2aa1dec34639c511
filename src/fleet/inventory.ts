import type { Clock } from '../clock.ts';
import { FleetError } from './errors.ts';
import { followUp, lookAgainAfter } from './following.ts';
import { Listings } from './listings.ts';
import type { Application, Association, Workspace } from './model.ts';
import { Movements } from './movements.ts';
import type { Needs } from './needs.ts';
import { type Listing, Observations } from './observations.ts';
import type { FleetReader, WorkspaceQuery } from './ports.ts';
import type { Snapshot } from './snapshot.ts';
import { isMoving } from './states.ts';

/** The listings that a snapshot was made of. */
interface Sources {
  readonly since: number;
  readonly interval: number;
  readonly workspaces: readonly Listing<Workspace>[];
  readonly applications: readonly Listing<Application>[];
  readonly associations: ReadonlyMap<string, Listing<Association>>;
  readonly failures: readonly FleetError[];
}

/**
 * What is known of a fleet, shared by all policies: a listing that one of them has just paid for serves the others, and what a change
 * brought about is seen by all at once.
 */
export class Inventory {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #listings: Listings;
  readonly #observations = new Observations();
  readonly #movements = new Movements();
  readonly #sources = new WeakMap<Snapshot, Sources>();

  constructor(reader: FleetReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
    this.#listings = new Listings(clock);
  }

  /**
   * A snapshot that has everything in `needs`, asked for within the last `interval` milliseconds, or from now on if `anew`. What is
   * moving is looked at more often. Failed reads don't reject; they are in the snapshot's `failures`.
   */
  async read(needs: Needs, interval: number, anew = false): Promise<Snapshot> {
    const now = this.#clock.now().getTime();
    const since = anew ? now : now - interval + 1;
    const sources = await this.#list(needs, since, interval);
    this.#listings.prune();
    this.#observations.prune(now);
    const snapshot = this.#view(sources);
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

  /** Looks at single WorkSpaces: at the associations of some and at the states of all. What fails stays as it was known. */
  async look(workspaceIds: readonly string[], stateOf: readonly string[]): Promise<void> {
    const looks = workspaceIds.map((id) => this.#lookAtAssociations(id));
    await Promise.all([...looks, this.#lookAtStates(stateOf)]);
  }

  /** Takes in what an earlier process knew to be on its way. */
  remember(association: Association): void {
    this.#movements.note(association, this.#clock.now().getTime());
  }

  /** Records the whole of a WorkSpace's associations as they were asked for at `askedAt`. */
  observeAssociations(workspaceId: string, associations: readonly Association[], askedAt: Date): void {
    this.#observations.associations(workspaceId, associations, askedAt.getTime());
  }

  /** Records one association as a change has just left it. */
  observeAssociation(association: Association): void {
    this.#observations.association(association, this.#clock.now().getTime());
  }

  /** Records a WorkSpace as it was asked for at `askedAt`; undefined if it is gone. */
  observeWorkspace(workspaceId: string, workspace: Workspace | undefined, askedAt: Date): void {
    this.#observations.workspace(workspaceId, workspace, askedAt.getTime());
  }

  async #list(needs: Needs, since: number, interval: number): Promise<Sources> {
    const failures: FleetError[] = [];
    const succeeded = <T>(listing: Listing<T> | FleetError): Listing<T>[] => {
      if (listing instanceof FleetError) {
        failures.push(listing);
        return [];
      }
      return [listing];
    };
    const catalogue = this.#listings.get('applications', since, () => this.#reader.describeApplications({}));
    const workspaces = needs.workspaces.map((query) =>
      this.#listings.get(nameOf(query), since, () => this.#reader.describeWorkspaces(query)),
    );
    const applications = succeeded(await catalogue);
    const needed = applications.flatMap(({ value }) => value).filter(needs.needsAssociationsOf);
    const applicationIds = new Set([...needs.applicationIds, ...needed.map(({ applicationId }) => applicationId)]);
    const associations = [...applicationIds].sort().map(async (applicationId) => {
      const [listing] = succeeded(await this.#associationsOf(applicationId, since));
      return listing === undefined ? [] : [[applicationId, listing] as const];
    });
    return {
      since,
      interval,
      workspaces: (await Promise.all(workspaces)).flatMap(succeeded),
      applications,
      associations: new Map((await Promise.all(associations)).flat()),
      failures: failures.sort((a, b) => (a.message < b.message ? -1 : 1)),
    };
  }

  /** An application that AWS doesn't know is associated with nothing. */
  async #associationsOf(applicationId: string, since: number): Promise<Listing<Association> | FleetError> {
    return this.#listings.get(`associations of ${applicationId}`, since, async () => {
      try {
        return await this.#reader.describeApplicationAssociations(applicationId);
      } catch (error) {
        if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
          return [];
        }
        throw error;
      }
    });
  }

  #view(sources: Sources): Snapshot {
    const { since, interval, workspaces: listed, applications, associations: listings, failures } = sources;
    const workspaces = this.#observations.overWorkspaces(listed);
    const associations = this.#observations.overAssociations(listings, since);
    const now = this.#clock.now().getTime();
    for (const ofWorkspace of associations.values()) {
      for (const association of ofWorkspace.values()) {
        this.#movements.note(association, now);
      }
    }
    const asked = [...listed, ...applications, ...listings.values()].map(({ askedAt }) => askedAt);
    const moving = this.#movingIn(workspaces, associations);
    const { calls } = followUp(moving, (id) => listings.get(id)?.value.length ?? 0);
    const due = moving.map((association) => {
      const seenAt = Math.max(
        this.#observations.seenAt(association) ?? 0,
        listings.get(association.applicationId)?.askedAt ?? 0,
      );
      return seenAt + lookAgainAfter(now - (this.#movements.since(association) ?? now), interval, calls);
    });
    const snapshot: Snapshot = {
      askedAt: Math.min(now, ...asked),
      answeredAt: now,
      lookAgainAt: due.length === 0 ? undefined : Math.min(...due),
      workspaces,
      applications: new Map(applications.flatMap(({ value }) => value).map((one) => [one.applicationId, one])),
      associations,
      wasUninstall: (association) => this.#movements.wasUninstall(association),
      failures,
    };
    this.#sources.set(snapshot, sources);
    return snapshot;
  }

  /** Looks again at what moves. What fails stays as it was known: it is young enough for a decision without. */
  async #follow(snapshot: Snapshot, sources: Sources): Promise<Sources> {
    const moving = this.#movingIn(snapshot.workspaces, snapshot.associations);
    const { applicationIds, workspaceIds, stateOf } = followUp(
      moving,
      (id) => sources.associations.get(id)?.value.length ?? 0,
    );
    const since = this.#clock.now().getTime();
    const associations = new Map(sources.associations);
    const relist = applicationIds.map(async (applicationId) => {
      const listing = await this.#associationsOf(applicationId, since);
      if (!(listing instanceof FleetError)) {
        associations.set(applicationId, listing);
      }
    });
    await Promise.all([...relist, this.look(workspaceIds, stateOf)]);
    return { ...sources, associations };
  }

  async #lookAtAssociations(workspaceId: string): Promise<void> {
    const askedAt = this.#clock.now();
    try {
      const associations = await this.#reader.describeWorkspaceAssociations(workspaceId);
      this.observeAssociations(workspaceId, associations, askedAt);
    } catch (error) {
      if (!(error instanceof FleetError)) {
        throw error;
      }
      if (error.kind === 'ResourceNotFound') {
        this.observeAssociations(workspaceId, [], askedAt);
      }
    }
  }

  async #lookAtStates(workspaceIds: readonly string[]): Promise<void> {
    if (workspaceIds.length === 0) {
      return;
    }
    const askedAt = this.#clock.now();
    try {
      const workspaces = await this.#reader.describeWorkspaces({ workspaceIds });
      const byId = new Map(workspaces.map((workspace) => [workspace.workspaceId, workspace]));
      for (const workspaceId of workspaceIds) {
        this.observeWorkspace(workspaceId, byId.get(workspaceId), askedAt);
      }
    } catch (error) {
      if (!(error instanceof FleetError)) {
        throw error;
      }
    }
  }

  #movingIn(workspaces: Snapshot['workspaces'], associations: Snapshot['associations']): Association[] {
    return [...associations]
      .filter(([workspaceId]) => workspaces.has(workspaceId))
      .flatMap(([, ofWorkspace]) => [...ofWorkspace.values()].filter(isMoving));
  }
}

function nameOf(query: WorkspaceQuery): string {
  if ('all' in query) {
    return 'all WorkSpaces';
  }
  return 'directoryId' in query ? `WorkSpaces of ${query.directoryId}` : `WorkSpaces ${query.workspaceIds.join(' ')}`;
}

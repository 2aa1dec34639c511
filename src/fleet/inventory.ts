import type { Clock } from '../clock.ts';
import { FleetError } from './errors.ts';
import type { Association, Workspace } from './model.ts';
import type { Needs } from './needs.ts';
import { Observations } from './observations.ts';
import type { FleetReader, WorkspaceQuery } from './ports.ts';
import type { Snapshot } from './snapshot.ts';
import { isMoving, readAgainAfter } from './states.ts';

/** How long a failed read is the answer for everybody, in milliseconds, so that a thousand policies don't repeat it at once. */
const FAILURE_AGE = 5_000;

/** One listing, all pages of it: what it answered or how it failed, and when it was asked. */
interface Part<T> {
  readonly askedAt: number;
  readonly result: Promise<T | FleetError>;
  failed: boolean;
}

/**
 * What is known of a fleet, shared by all policies: a listing that one of them has just paid for serves the others, and what a change
 * brought about is seen by all at once.
 */
export class Inventory {
  readonly #reader: FleetReader;
  readonly #clock: Clock;
  readonly #parts = new Map<string, Part<unknown>>();
  readonly #observations = new Observations();

  constructor(reader: FleetReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /**
   * A snapshot that has everything in `needs`, all of it younger than `maxAge` milliseconds (0: asked for from now on), and what is
   * moving younger still. Failed reads don't reject; they are in the snapshot's `failures`.
   */
  async read(needs: Needs, maxAge: number): Promise<Snapshot> {
    const since = this.#clock.now().getTime() - Math.max(0, maxAge - 1);
    const snapshot = await this.#assemble(needs, since, () => since);
    const now = this.#clock.now();
    const moving = [...snapshot.workspaces.keys()].flatMap((workspaceId) =>
      [...(snapshot.associations.get(workspaceId)?.values() ?? [])].filter(isMoving),
    );
    if (moving.length === 0 || snapshot.failures.length > 0) {
      return snapshot;
    }
    const youngerSince = new Map<string, number>();
    for (const association of moving) {
      const wanted = now.getTime() - readAgainAfter(association, now, maxAge);
      if (this.#observations.seenSince(association.workspaceId, wanted)) {
        continue;
      }
      youngerSince.set(
        association.applicationId,
        Math.max(wanted, youngerSince.get(association.applicationId) ?? since),
      );
    }
    if (youngerSince.size === 0) {
      return snapshot;
    }
    const movingIds = [...new Set(moving.map(({ workspaceId }) => workspaceId))].sort();
    await this.#refreshStates(movingIds, Math.max(...youngerSince.values()));
    return this.#assemble(needs, since, (applicationId) => youngerSince.get(applicationId) ?? since);
  }

  /** A snapshot with what has been observed since it was taken. Asks AWS for nothing that it knows. */
  recall(needs: Needs, { askedAt }: Snapshot): Promise<Snapshot> {
    return this.#assemble(needs, askedAt, () => askedAt);
  }

  /** Records the whole of a WorkSpace's associations as they were just read. */
  observeAssociations(workspaceId: string, associations: readonly Association[]): void {
    this.#observations.associations(workspaceId, associations, this.#clock.now().getTime());
  }

  /** Records one association as a change has just left it. */
  observeAssociation(association: Association): void {
    this.#observations.association(association, this.#clock.now().getTime());
  }

  /** Records a WorkSpace as it was just read; undefined if it is gone. */
  observeWorkspace(workspaceId: string, workspace: Workspace | undefined): void {
    this.#observations.workspace(workspaceId, workspace, this.#clock.now().getTime());
  }

  async #assemble(needs: Needs, since: number, sinceOf: (applicationId: string) => number): Promise<Snapshot> {
    const failures: FleetError[] = [];
    let oldest = this.#clock.now().getTime();
    const take = async <T>(part: Part<T>): Promise<{ askedAt: number; value: T } | undefined> => {
      const result = await part.result;
      if (result instanceof FleetError) {
        failures.push(result);
        return undefined;
      }
      oldest = Math.min(oldest, part.askedAt);
      return { askedAt: part.askedAt, value: result };
    };
    const [catalogue, ...listings] = await Promise.all([
      take(this.#part('applications', since, () => this.#reader.describeApplications({}))),
      ...needs.workspaces.map((query) =>
        take(this.#part(partOf(query), since, () => this.#reader.describeWorkspaces(query))),
      ),
    ]);
    const applications = new Map(
      (catalogue?.value ?? []).map((application) => [application.applicationId, application]),
    );
    const applicationIds = new Set([
      ...needs.applicationIds,
      ...[...applications.values()].filter(needs.needsAssociationsOf).map(({ applicationId }) => applicationId),
    ]);
    const associations = await Promise.all(
      [...applicationIds].sort().map(async (applicationId) => {
        const part = this.#part(`associations of ${applicationId}`, sinceOf(applicationId), () =>
          this.#associationsOf(applicationId),
        );
        return { applicationId, listing: await take(part) };
      }),
    );
    return {
      askedAt: oldest,
      workspaces: this.#observations.overWorkspaces(listings),
      applications,
      associations: this.#observations.overAssociations(associations, since),
      failures,
    };
  }

  /** An application that AWS doesn't know is associated with nothing. */
  async #associationsOf(applicationId: string): Promise<Association[]> {
    try {
      return await this.#reader.describeApplicationAssociations(applicationId);
    } catch (error) {
      if (error instanceof FleetError && error.kind === 'ResourceNotFound') {
        return [];
      }
      throw error;
    }
  }

  /** A WorkSpace's state tells when a deployment is over, so it is read along with what is moving. Its failure is no decision's ground. */
  async #refreshStates(workspaceIds: readonly string[], since: number): Promise<void> {
    const stale = this.#observations.staleWorkspaces(workspaceIds, since);
    if (stale.length === 0) {
      return;
    }
    const name = partOf({ workspaceIds: stale });
    const part = this.#part(name, since, () => this.#reader.describeWorkspaces({ workspaceIds: stale }));
    const result = await part.result;
    this.#parts.delete(name);
    if (!(result instanceof FleetError)) {
      const byId = new Map(result.map((workspace) => [workspace.workspaceId, workspace]));
      for (const workspaceId of stale) {
        this.#observations.workspace(workspaceId, byId.get(workspaceId), part.askedAt);
      }
    }
  }

  #part<T>(name: string, since: number, read: () => Promise<T>): Part<T> {
    const now = this.#clock.now().getTime();
    const known = this.#parts.get(name) as Part<T> | undefined;
    if (known !== undefined && known.askedAt >= (known.failed ? Math.max(since, now - FAILURE_AGE) : since)) {
      return known;
    }
    const part: Part<T> = {
      askedAt: now,
      failed: false,
      result: read().catch((error: unknown) => {
        if (!(error instanceof FleetError)) {
          throw error;
        }
        part.failed = true;
        return error;
      }),
    };
    this.#parts.set(name, part);
    return part;
  }
}

function partOf(query: WorkspaceQuery): string {
  if ('all' in query) {
    return 'all WorkSpaces';
  }
  return 'directoryId' in query ? `WorkSpaces of ${query.directoryId}` : `WorkSpaces ${query.workspaceIds.join(' ')}`;
}

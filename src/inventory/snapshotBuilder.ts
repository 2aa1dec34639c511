import type { Clock } from '../clock.ts';
import { minimum } from '../compare.ts';
import type { Association } from '../fleet/model.ts';
import { isTransitioning } from '../fleet/states.ts';
import type { Sliced } from '../slices.ts';
import { someState } from './associationTable.ts';
import { gapsIn } from './gaps.ts';
import type { ObservationOverlay } from './observationOverlay.ts';
import { type PollPace, planPolling, refreshDelay } from './polling.ts';
import type { ReadRequirements } from './readRequirements.ts';
import type { ReadSet } from './readSet.ts';
import { applicationIn, type Snapshot } from './snapshot.ts';
import type { Transitions } from './transitions.ts';

type SnapshotContents = Pick<Snapshot, 'workspaces' | 'applications' | 'associations'>;

/** Combines the reads of a policy with all observations since. */
export class SnapshotBuilder {
  readonly #clock: Clock;
  readonly #observations: ObservationOverlay;
  readonly #transitions: Transitions;

  constructor(clock: Clock, observations: ObservationOverlay, transitions: Transitions) {
    this.#clock = clock;
    this.#observations = observations;
    this.#transitions = transitions;
  }

  /**
   * Returns a snapshot.
   *
   * @param pollingEndsAt end of the delay after failed reads, in milliseconds since the epoch
   */
  *build(readSet: ReadSet, pace: PollPace, pollingEndsAt: number): Sliced<Snapshot> {
    const { workspaces: listed, recorded, alsoRead, applications, associations: listings, failures } = readSet;
    const associations = yield* this.#observations.associations.merge(listings, readSet.since);
    const now = this.#clock.now().getTime();
    for (const byApplication of associations.values()) {
      yield;
      for (const association of this.#transitions.observes(byApplication) ? byApplication.values() : []) {
        this.#transitions.observe(association, now, () => this.#readAt(association, readSet));
      }
    }
    this.#transitions.retain(
      ({ workspaceID, applicationID }) =>
        !listings.has(applicationID) || (associations.get(workspaceID)?.has(applicationID) ?? false),
    );
    const contents = {
      workspaces: yield* this.#observations.mergeWorkspaces(listed, alsoRead),
      applications: new Map(
        applications.flatMap(({ value }) => [...value]).map((application) => [application.applicationID, application]),
      ),
      associations,
    };
    const dueAt = yield* this.#refreshDueAt(contents, readSet, pace, now);
    return {
      ...contents,
      askedAt: readSet.askedAt,
      renewAt: readSet.renewAt,
      effectiveInterval: readSet.effectiveInterval,
      runInterval: readSet.runInterval,
      listedAt: listed.map((listing) => listing.askedAt).reduce((a, b) => Math.min(a, b), recorded?.listedAt ?? now),
      recordedCount: recorded?.count,
      refreshDueAt: dueAt === undefined ? undefined : Math.max(dueAt, pollingEndsAt),
      gaps: gapsIn(readSet, contents.workspaces, (read) => this.#observations.failuresOf(read)),
      failedOperation: (association) => this.#transitions.failedOperation(association),
      failedAt: (association) => this.#transitions.failedAt(association),
      failures,
    };
  }

  /** Returns the time of the last request whose response contained an association, in milliseconds since the epoch. */
  #readAt(association: Association, { associations }: ReadSet): number {
    const listedAt = associations.get(association.applicationID)?.askedAt ?? 0;
    return Math.max(this.#observations.associations.seenAt(association) ?? 0, listedAt);
  }

  *#refreshDueAt(
    contents: SnapshotContents,
    readSet: ReadSet,
    pace: PollPace,
    now: number,
  ): Sliced<number | undefined> {
    const transitioning = yield* transitioningIn(contents, readSet.requirements);
    const { calls } = planPolling(transitioning, listingSizes(readSet));
    const dueTimes = transitioning.map((association) => {
      const waited = now - (this.#transitions.since(association) ?? now);
      return this.#readAt(association, readSet) + refreshDelay(waited, readSet.interval, calls, pace);
    });
    return dueTimes.length === 0 ? undefined : minimum(dueTimes);
  }
}

/** Returns the associations in transition on known WorkSpaces that the requirements poll. */
export function* transitioningIn(
  { workspaces, applications, associations }: SnapshotContents,
  requirements: ReadRequirements,
): Sliced<Association[]> {
  const transitioning: Association[] = [];
  for (const [workspaceID, byApplication] of associations) {
    yield;
    for (const association of someState(byApplication, isTransitioning) ? byApplication.values() : []) {
      if (
        isTransitioning(association) &&
        workspaces.has(workspaceID) &&
        requirements.polls(applicationIn({ applications }, association.applicationID))
      ) {
        transitioning.push(association);
      }
    }
  }
  return transitioning;
}

/** Returns a function that returns the number of associations in the listing of an application, or Infinity if it was not listed. */
export function listingSizes({ associations }: ReadSet): (applicationID: string) => number {
  return (applicationID) => associations.get(applicationID)?.value.length ?? Number.POSITIVE_INFINITY;
}

import type { Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';

/** What a listing said, and when it was asked for in milliseconds since the epoch. */
export interface Listing<T> {
  readonly askedAt: number;
  readonly value: readonly T[];
}

interface Timed<T> {
  readonly at: number;
  readonly value: T;
}

interface Observed {
  /** When all of the WorkSpace's associations were asked for. */
  wholeAt: number;
  readonly associations: Map<string, { readonly at: number; readonly association: Association }>;
}

/** An observation is forgotten after so long, in milliseconds: longer than the longest interval, and so renewed by a listing. */
const FORGOTTEN_AFTER = 25 * 3_600_000;

/**
 * What was learnt of single WorkSpaces after the listings were asked for: by the fresh read before a change, by the change's own
 * answer, by following a deployment. An observation stands until a younger listing tells of the same.
 */
export class ObservationOverlay {
  readonly #associations = new Map<string, Observed>();
  readonly #workspaces = new Map<string, { readonly at: number; readonly workspace: Workspace | undefined }>();
  readonly #tags = new Map<string, Timed<ReadonlyMap<string, string>>>();
  readonly #connections = new Map<string, Timed<WorkspaceConnection>>();

  associations(workspaceID: string, associations: readonly Association[], at: number): void {
    const byApplication = associations.map((association) => [association.applicationID, { at, association }] as const);
    this.#associations.set(workspaceID, { wholeAt: at, associations: new Map(byApplication) });
  }

  association(association: Association, at: number): void {
    const { workspaceID, applicationID } = association;
    const observed = this.#associations.get(workspaceID) ?? {
      wholeAt: Number.NEGATIVE_INFINITY,
      associations: new Map(),
    };
    observed.associations.set(applicationID, { at, association });
    this.#associations.set(workspaceID, observed);
  }

  workspace(workspaceID: string, workspace: Workspace | undefined, at: number): void {
    const known = this.#workspaces.get(workspaceID);
    // Of two reads at once the one that found it gone was answered later.
    if (known !== undefined && (known.at > at || (known.at === at && known.workspace === undefined))) {
      return;
    }
    this.#workspaces.set(workspaceID, { at, workspace });
  }

  tags(workspaceID: string, value: ReadonlyMap<string, string>, at: number): void {
    if ((this.tagsSeenAt(workspaceID) ?? at) <= at) {
      this.#tags.set(workspaceID, { at, value });
    }
  }

  connection(value: WorkspaceConnection, at: number): void {
    if ((this.connectionSeenAt(value.workspaceID) ?? at) <= at) {
      this.#connections.set(value.workspaceID, { at, value });
    }
  }

  /** When a WorkSpace's tags were last looked at; undefined if they weren't. */
  tagsSeenAt(workspaceID: string): number | undefined {
    return this.#tags.get(workspaceID)?.at;
  }

  /** When a WorkSpace's connection was last looked at; undefined if it wasn't. */
  connectionSeenAt(workspaceID: string): number | undefined {
    return this.#connections.get(workspaceID)?.at;
  }

  /** When an association was last seen singly; undefined if it wasn't. */
  seenAt({ workspaceID, applicationID }: Association): number | undefined {
    const observed = this.#associations.get(workspaceID);
    const at = Math.max(observed?.wholeAt ?? 0, observed?.associations.get(applicationID)?.at ?? 0);
    return at > 0 ? at : undefined;
  }

  /** `alsoRead` are WorkSpaces that may be in no listing, as they are newer. */
  mergeWorkspaces(listings: readonly Listing<Workspace>[], alsoRead: readonly string[]): Map<string, Workspace> {
    const merged = new Map<string, Workspace>();
    for (const id of alsoRead) {
      const workspace = this.#workspaces.get(id)?.workspace;
      if (workspace !== undefined) {
        merged.set(id, this.#withDetails(workspace));
      }
    }
    for (const { askedAt, value } of listings) {
      for (const listed of value) {
        const observed = this.#workspaces.get(listed.workspaceID);
        const workspace = observed !== undefined && observed.at >= askedAt ? observed.workspace : listed;
        if (workspace !== undefined) {
          merged.set(workspace.workspaceID, this.#withDetails(workspace));
        }
      }
    }
    return merged;
  }

  #withDetails(workspace: Workspace): Workspace {
    const tags = this.#tags.get(workspace.workspaceID)?.value;
    const connection = this.#connections.get(workspace.workspaceID)?.value;
    return tags === undefined && connection === undefined ? workspace : { ...workspace, tags, connection };
  }

  /** Of applications that aren't listed, what was observed before `since` counts no more: nothing renews it. */
  mergeAssociations(
    listings: ReadonlyMap<string, Listing<Association>>,
    since: number,
  ): Map<string, Map<string, Association>> {
    const merged = new Map<string, Map<string, Association>>();
    const put = (association: Association) => {
      const ofWorkspace = merged.get(association.workspaceID) ?? new Map<string, Association>();
      merged.set(association.workspaceID, ofWorkspace.set(association.applicationID, association));
    };
    for (const { value } of listings.values()) {
      value.forEach(put);
    }
    for (const [workspaceID, { wholeAt, associations }] of this.#associations) {
      for (const [applicationID, { askedAt }] of listings) {
        if (wholeAt >= askedAt && !associations.has(applicationID)) {
          merged.get(workspaceID)?.delete(applicationID);
        }
      }
      for (const [applicationID, { at, association }] of associations) {
        if (at >= (listings.get(applicationID)?.askedAt ?? since)) {
          put(association);
        }
      }
    }
    return merged;
  }

  /** Forgets what every listing has overtaken by now. */
  prune(now: number): void {
    for (const [workspaceID, { wholeAt, associations }] of this.#associations) {
      const latest = Math.max(wholeAt, ...[...associations.values()].map(({ at }) => at));
      if (latest < now - FORGOTTEN_AFTER) {
        this.#associations.delete(workspaceID);
      }
    }
    for (const observed of [this.#workspaces, this.#tags, this.#connections]) {
      for (const [workspaceID, { at }] of observed) {
        if (at < now - FORGOTTEN_AFTER) {
          observed.delete(workspaceID);
        }
      }
    }
  }
}

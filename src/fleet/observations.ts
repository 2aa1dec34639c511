import type { Association, Workspace, WorkspaceConnection } from './model.ts';

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
export class Observations {
  readonly #associations = new Map<string, Observed>();
  readonly #workspaces = new Map<string, { readonly at: number; readonly workspace: Workspace | undefined }>();
  readonly #tags = new Map<string, Timed<ReadonlyMap<string, string>>>();
  readonly #connections = new Map<string, Timed<WorkspaceConnection>>();

  associations(workspaceId: string, associations: readonly Association[], at: number): void {
    const byApplication = associations.map((association) => [association.applicationId, { at, association }] as const);
    this.#associations.set(workspaceId, { wholeAt: at, associations: new Map(byApplication) });
  }

  association(association: Association, at: number): void {
    const { workspaceId, applicationId } = association;
    const observed = this.#associations.get(workspaceId) ?? {
      wholeAt: Number.NEGATIVE_INFINITY,
      associations: new Map(),
    };
    observed.associations.set(applicationId, { at, association });
    this.#associations.set(workspaceId, observed);
  }

  workspace(workspaceId: string, workspace: Workspace | undefined, at: number): void {
    const known = this.#workspaces.get(workspaceId);
    // Of two reads at once the one that found it gone was answered later.
    if (known !== undefined && (known.at > at || (known.at === at && known.workspace === undefined))) {
      return;
    }
    this.#workspaces.set(workspaceId, { at, workspace });
  }

  tags(workspaceId: string, value: ReadonlyMap<string, string>, at: number): void {
    if ((this.tagsSeenAt(workspaceId) ?? at) <= at) {
      this.#tags.set(workspaceId, { at, value });
    }
  }

  connection(value: WorkspaceConnection, at: number): void {
    if ((this.connectionSeenAt(value.workspaceId) ?? at) <= at) {
      this.#connections.set(value.workspaceId, { at, value });
    }
  }

  /** When a WorkSpace's tags were last looked at; undefined if they weren't. */
  tagsSeenAt(workspaceId: string): number | undefined {
    return this.#tags.get(workspaceId)?.at;
  }

  /** When a WorkSpace's connection was last looked at; undefined if it wasn't. */
  connectionSeenAt(workspaceId: string): number | undefined {
    return this.#connections.get(workspaceId)?.at;
  }

  /** When an association was last seen singly; undefined if it wasn't. */
  seenAt({ workspaceId, applicationId }: Association): number | undefined {
    const observed = this.#associations.get(workspaceId);
    const at = Math.max(observed?.wholeAt ?? 0, observed?.associations.get(applicationId)?.at ?? 0);
    return at > 0 ? at : undefined;
  }

  /** `alsoRead` are WorkSpaces that may be in no listing, as they are newer. */
  overWorkspaces(listings: readonly Listing<Workspace>[], alsoRead: readonly string[]): Map<string, Workspace> {
    const merged = new Map<string, Workspace>();
    for (const id of alsoRead) {
      const workspace = this.#workspaces.get(id)?.workspace;
      if (workspace !== undefined) {
        merged.set(id, this.#withDetails(workspace));
      }
    }
    for (const { askedAt, value } of listings) {
      for (const listed of value) {
        const observed = this.#workspaces.get(listed.workspaceId);
        const workspace = observed !== undefined && observed.at >= askedAt ? observed.workspace : listed;
        if (workspace !== undefined) {
          merged.set(workspace.workspaceId, this.#withDetails(workspace));
        }
      }
    }
    return merged;
  }

  #withDetails(workspace: Workspace): Workspace {
    const tags = this.#tags.get(workspace.workspaceId)?.value;
    const connection = this.#connections.get(workspace.workspaceId)?.value;
    return tags === undefined && connection === undefined ? workspace : { ...workspace, tags, connection };
  }

  /** Of applications that aren't listed, what was observed before `since` counts no more: nothing renews it. */
  overAssociations(
    listings: ReadonlyMap<string, Listing<Association>>,
    since: number,
  ): Map<string, Map<string, Association>> {
    const merged = new Map<string, Map<string, Association>>();
    const put = (association: Association) => {
      const ofWorkspace = merged.get(association.workspaceId) ?? new Map<string, Association>();
      merged.set(association.workspaceId, ofWorkspace.set(association.applicationId, association));
    };
    for (const { value } of listings.values()) {
      value.forEach(put);
    }
    for (const [workspaceId, { wholeAt, associations }] of this.#associations) {
      for (const [applicationId, { askedAt }] of listings) {
        if (wholeAt >= askedAt && !associations.has(applicationId)) {
          merged.get(workspaceId)?.delete(applicationId);
        }
      }
      for (const [applicationId, { at, association }] of associations) {
        if (at >= (listings.get(applicationId)?.askedAt ?? since)) {
          put(association);
        }
      }
    }
    return merged;
  }

  /** Forgets what every listing has overtaken by now. */
  prune(now: number): void {
    for (const [workspaceId, { wholeAt, associations }] of this.#associations) {
      const latest = Math.max(wholeAt, ...[...associations.values()].map(({ at }) => at));
      if (latest < now - FORGOTTEN_AFTER) {
        this.#associations.delete(workspaceId);
      }
    }
    for (const observed of [this.#workspaces, this.#tags, this.#connections]) {
      for (const [workspaceId, { at }] of observed) {
        if (at < now - FORGOTTEN_AFTER) {
          observed.delete(workspaceId);
        }
      }
    }
  }
}

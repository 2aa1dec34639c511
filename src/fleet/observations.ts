import type { Association, Workspace } from './model.ts';

interface Listing<T> {
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  readonly value: readonly T[];
}

/**
 * What was learnt of single WorkSpaces after the listings were asked for: by the fresh read before a change, by the change's own
 * answer, by following a deployment. An observation stands until a younger listing tells of the same.
 */
export class Observations {
  readonly #associations = new Map<string, { at: number; all: Map<string, Association> }>();
  readonly #workspaces = new Map<string, { at: number; workspace: Workspace | undefined }>();

  associations(workspaceId: string, associations: readonly Association[], at: number): void {
    const all = new Map(associations.map((association) => [association.applicationId, association]));
    this.#associations.set(workspaceId, { at, all });
  }

  association(association: Association, at: number): void {
    const observed = this.#associations.get(association.workspaceId);
    if (observed !== undefined) {
      observed.at = at;
      observed.all.set(association.applicationId, association);
    }
  }

  workspace(workspaceId: string, workspace: Workspace | undefined, at: number): void {
    this.#workspaces.set(workspaceId, { at, workspace });
  }

  /** Whether a WorkSpace's associations were observed since `since`. */
  seenSince(workspaceId: string, since: number): boolean {
    return (this.#associations.get(workspaceId)?.at ?? Number.NEGATIVE_INFINITY) >= since;
  }

  /** Those of the given WorkSpaces that weren't observed since `since`. */
  staleWorkspaces(workspaceIds: readonly string[], since: number): string[] {
    return workspaceIds.filter((id) => (this.#workspaces.get(id)?.at ?? Number.NEGATIVE_INFINITY) < since);
  }

  overWorkspaces(listings: readonly (Listing<Workspace> | undefined)[]): Map<string, Workspace> {
    const merged = new Map<string, Workspace>();
    for (const listing of listings) {
      for (const listed of listing?.value ?? []) {
        const observed = this.#workspaces.get(listed.workspaceId);
        const workspace =
          observed !== undefined && observed.at >= (listing?.askedAt ?? 0) ? observed.workspace : listed;
        if (workspace !== undefined) {
          merged.set(workspace.workspaceId, workspace);
        }
      }
    }
    return merged;
  }

  /** Observations older than `since` count no more: what no listing renews must not stand for ever. */
  overAssociations(
    applications: readonly { applicationId: string; listing: Listing<Association> | undefined }[],
    since: number,
  ): Map<string, Map<string, Association>> {
    const merged = new Map<string, Map<string, Association>>();
    const put = (association: Association) => {
      const ofWorkspace = merged.get(association.workspaceId) ?? new Map<string, Association>();
      merged.set(association.workspaceId, ofWorkspace.set(association.applicationId, association));
    };
    for (const { listing } of applications) {
      for (const association of listing?.value ?? []) {
        put(association);
      }
    }
    const askedAt = new Map(applications.map(({ applicationId, listing }) => [applicationId, listing?.askedAt ?? 0]));
    for (const [workspaceId, { at, all }] of this.#associations) {
      if (at < since) {
        continue;
      }
      for (const [applicationId, asked] of askedAt) {
        if (at >= asked) {
          merged.get(workspaceId)?.delete(applicationId);
        }
      }
      for (const association of all.values()) {
        if (at >= (askedAt.get(association.applicationId) ?? Number.NEGATIVE_INFINITY)) {
          put(association);
        }
      }
    }
    return merged;
  }
}

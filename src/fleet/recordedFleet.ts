import { FleetError } from './errors.ts';
import type { AssociationEntry, InventoryFile, WorkspaceEntry } from './inventoryFile.ts';
import type { Application, Association, Workspace, WorkspaceConnection } from './model.ts';
import type { FleetReader, WorkspaceQuery } from './ports.ts';

/** Reads from an inventory that was taken before: nothing is asked of AWS. */
export class RecordedFleet implements FleetReader {
  readonly #file: InventoryFile;
  readonly #workspaces: ReadonlyMap<string, WorkspaceEntry>;

  constructor(file: InventoryFile) {
    this.#file = file;
    this.#workspaces = new Map(file.workspaces.map((workspace) => [workspace.workspaceId, workspace]));
  }

  async describeWorkspaces(query: WorkspaceQuery): Promise<Workspace[]> {
    const isMeant = (workspace: WorkspaceEntry) => {
      if ('workspaceIds' in query) {
        return query.workspaceIds.includes(workspace.workspaceId);
      }
      if ('bundleId' in query) {
        return workspace.bundleId === query.bundleId;
      }
      return 'all' in query || workspace.directoryId === query.directoryId;
    };
    const found =
      'workspaceIds' in query
        ? query.workspaceIds.flatMap((id) => this.#workspaces.get(id) ?? [])
        : this.#file.workspaces;
    return found.filter(isMeant).map(({ workspaceId, directoryId, bundleId, userName, state }) => ({
      workspaceId,
      directoryId,
      bundleId,
      userName,
      state,
    }));
  }

  async describeApplications({
    applicationIds,
  }: {
    readonly applicationIds?: readonly string[];
  }): Promise<Application[]> {
    return this.#file.applications.filter(({ applicationId }) => applicationIds?.includes(applicationId) ?? true);
  }

  async describeApplicationAssociations(applicationId: string): Promise<Association[]> {
    const found = this.#file.workspaces.flatMap((workspace) =>
      (workspace.associations ?? [])
        .filter((association) => association.applicationId === applicationId)
        .map((association) => toAssociation(workspace.workspaceId, association)),
    );
    if (
      found.length === 0 &&
      !this.#file.applications.some((application) => application.applicationId === applicationId)
    ) {
      throw notFound('DescribeApplicationAssociations', applicationId, 'application');
    }
    return found;
  }

  async describeWorkspaceAssociations(workspaceId: string): Promise<Association[]> {
    const { associations = [] } = this.#workspace('DescribeWorkspaceAssociations', workspaceId);
    return associations.map((association) => toAssociation(workspaceId, association));
  }

  async describeTags(workspaceId: string): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(this.#workspace('DescribeTags', workspaceId).tags ?? {}));
  }

  async getResources(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    return new Map(
      this.#file.workspaces.flatMap(({ workspaceId, tags }) =>
        tags === undefined ? [] : [[workspaceId, new Map(Object.entries(tags))] as const],
      ),
    );
  }

  async describeWorkspacesConnectionStatus(workspaceIds: readonly string[]): Promise<WorkspaceConnection[]> {
    return workspaceIds.flatMap((id) => {
      const { connectionState, lastKnownUserConnectionTimestamp: last } = this.#workspaces.get(id) ?? {};
      return connectionState === undefined
        ? []
        : [
            {
              workspaceId: id,
              connectionState,
              lastKnownUserConnectionTimestamp: last === undefined ? undefined : new Date(last),
            },
          ];
    });
  }

  #workspace(operation: string, workspaceId: string): WorkspaceEntry {
    const found = this.#workspaces.get(workspaceId);
    if (found === undefined) {
      throw notFound(operation, workspaceId, 'WorkSpace');
    }
    return found;
  }
}

function notFound(operation: string, resource: string, kind: string): FleetError {
  const reason = `there is no such ${kind} in the inventory`;
  return new FleetError({ kind: 'ResourceNotFound', operation, resource, reason });
}

function toAssociation(
  workspaceId: string,
  { applicationId, state, stateReason, created, lastUpdatedTime }: AssociationEntry,
): Association {
  return {
    workspaceId,
    applicationId,
    state,
    stateReason,
    created: created === undefined ? undefined : new Date(created),
    lastUpdatedTime: lastUpdatedTime === undefined ? undefined : new Date(lastUpdatedTime),
  };
}

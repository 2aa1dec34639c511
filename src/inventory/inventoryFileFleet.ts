import { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import type { FleetReader, WorkspaceQuery } from '../fleet/ports.ts';
import type { AssociationEntry, InventoryFile, WorkspaceEntry } from './inventoryFile.ts';

/** A FleetReader that reads from an inventory file and never calls AWS. */
export class InventoryFileFleet implements FleetReader {
  readonly #file: InventoryFile;
  readonly #workspaces: ReadonlyMap<string, WorkspaceEntry>;

  constructor(file: InventoryFile) {
    this.#file = file;
    this.#workspaces = new Map(file.workspaces.map((workspace) => [workspace.workspaceID, workspace]));
  }

  async describeWorkspaces(query: WorkspaceQuery): Promise<Workspace[]> {
    const matchesQuery = (workspace: WorkspaceEntry) => {
      if ('workspaceIDs' in query) {
        return query.workspaceIDs.includes(workspace.workspaceID);
      }
      if ('bundleID' in query) {
        return workspace.bundleID === query.bundleID;
      }
      return 'all' in query || workspace.directoryID === query.directoryID;
    };
    const candidates =
      'workspaceIDs' in query
        ? query.workspaceIDs.flatMap((id) => this.#workspaces.get(id) ?? [])
        : this.#file.workspaces;
    return candidates
      .filter(matchesQuery)
      .map(
        ({
          tags: _tags,
          connectionState: _connectionState,
          connectionStateCheckTimestamp: _checkedAt,
          lastKnownUserConnectionTimestamp: _lastConnectedAt,
          associations: _associations,
          ...workspace
        }) => workspace,
      );
  }

  async describeApplications({
    applicationIDs,
  }: {
    readonly applicationIDs?: readonly string[];
  }): Promise<Application[]> {
    return this.#file.applications.filter(({ applicationID }) => applicationIDs?.includes(applicationID) ?? true);
  }

  async describeApplicationAssociations(applicationID: string): Promise<Association[]> {
    const found = this.#file.workspaces.flatMap((workspace) =>
      (workspace.associations ?? [])
        .filter((association) => association.applicationID === applicationID)
        .map((association) => toAssociation(workspace.workspaceID, association)),
    );
    if (
      found.length === 0 &&
      !this.#file.applications.some((application) => application.applicationID === applicationID)
    ) {
      throw notFound('DescribeApplicationAssociations', applicationID, 'application');
    }
    return found;
  }

  async describeWorkspaceAssociations(workspaceID: string): Promise<Association[]> {
    const { associations = [] } = this.#workspace('DescribeWorkspaceAssociations', workspaceID);
    return associations.map((association) => toAssociation(workspaceID, association));
  }

  async describeTags(workspaceID: string): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(this.#workspace('DescribeTags', workspaceID).tags ?? {}));
  }

  async getResources(workspaceIDs?: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    const requested = workspaceIDs && new Set(workspaceIDs);
    return new Map(
      this.#file.workspaces.flatMap(({ workspaceID, tags }) =>
        tags === undefined || requested?.has(workspaceID) === false
          ? []
          : [[workspaceID, new Map(Object.entries(tags))] as const],
      ),
    );
  }

  async describeWorkspacesConnectionStatus(workspaceIDs: readonly string[]): Promise<WorkspaceConnection[]> {
    const takenAt = dateOf(this.#file.metadata.takenAt);
    return workspaceIDs.flatMap((id) => {
      const { connectionState, connectionStateCheckTimestamp, lastKnownUserConnectionTimestamp } =
        this.#workspaces.get(id) ?? {};
      const checkedAt = dateOf(connectionStateCheckTimestamp) ?? takenAt ?? NO_TIME;
      return connectionState === undefined
        ? []
        : [
            {
              workspaceID: id,
              connectionState,
              // A file without the time, for example, one that was written by hand, states what is true when it is read.
              connectionStateCheckTimestamp: checkedAt,
              lastKnownUserConnectionTimestamp: dateOf(lastKnownUserConnectionTimestamp),
              readAt: takenAt ?? checkedAt,
            },
          ];
    });
  }

  #workspace(operation: string, workspaceID: string): WorkspaceEntry {
    const found = this.#workspaces.get(workspaceID);
    if (found === undefined) {
      throw notFound(operation, workspaceID, 'WorkSpace');
    }
    return found;
  }
}

/** Time of a check in a file without times. Its age doesn't count. */
const NO_TIME = new Date(0);

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function notFound(operation: string, resource: string, kind: string): FleetError {
  const reason = `the inventory file contains no such ${kind}`;
  return new FleetError({ kind: 'ResourceNotFound', operation, resource, reason });
}

function toAssociation(
  workspaceID: string,
  { applicationID, state, stateReason, created, lastUpdatedTime, untrusted }: AssociationEntry,
): Association {
  return {
    workspaceID,
    applicationID,
    state,
    stateReason,
    created: dateOf(created),
    lastUpdatedTime: dateOf(lastUpdatedTime),
    untrusted,
  };
}

import type { Application, Association, Workspace, WorkspaceConnection } from './model.ts';

/** Maximum number of items that AWS returns for one call, and of IDs that one call accepts (WorkSpaces API reference). */
export const PAGE_SIZE = 25;

/** Which WorkSpaces to list. AWS takes one filter at a time. */
export type WorkspaceQuery =
  | { readonly all: true }
  | { readonly directoryID: string }
  | { readonly bundleID: string }
  /** Any number; the adapter asks for 25 at a time. Ids that don't exist are missing from the answer, not an error. */
  | { readonly workspaceIDs: readonly string[] };

/**
 * Reads of a fleet. Each method answers with everything that was asked for, all pages of it, or rejects with a FleetError that says
 * what failed: a part is never passed off as the whole.
 */
export interface FleetReader {
  describeWorkspaces(query: WorkspaceQuery): Promise<Workspace[]>;
  /** Every application that the account can see, or those with the given ids (unknown ids are missing from the answer). */
  describeApplications(query: { readonly applicationIDs?: readonly string[] }): Promise<Application[]>;
  /** The WorkSpaces with which an application is associated. Rejects with ResourceNotFound if there is no such application. */
  describeApplicationAssociations(applicationID: string): Promise<Association[]>;
  /** The applications associated with a WorkSpace. Rejects with ResourceNotFound if there is no such WorkSpace. */
  describeWorkspaceAssociations(workspaceID: string): Promise<Association[]>;
  /** The tags of a WorkSpace by key. Rejects with ResourceNotFound if there is no such WorkSpace. */
  describeTags(workspaceID: string): Promise<ReadonlyMap<string, string>>;
  /**
   * The tags of all WorkSpaces that have any, by id, 100 to a call (Resource Groups Tagging API). They may be some minutes old. Rejects
   * with AccessDenied where IAM doesn't allow tag:GetResources.
   */
  getResources(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  /** Any number; the adapter asks for 25 at a time. WorkSpaces that AWS says nothing about are missing from the answer. */
  describeWorkspacesConnectionStatus(workspaceIDs: readonly string[]): Promise<WorkspaceConnection[]>;
}

/**
 * Asked right before a change is sent, each time, when it has waited its turn: minutes may have passed since it was decided. False gives
 * the change up, and it rejects with Cancelled.
 */
export type Precondition = () => boolean;

/**
 * Changes to a fleet. A call is sent at most once to AWS, throttled answers aside (those did nothing): if its answer is lost the method
 * rejects with Unavailable, and the caller must read before it acts again.
 */
export interface FleetWriter {
  /**
   * Marks an application for installation, or takes back a disassociation that isn't deployed yet. Returns the association as AWS
   * reports it after the call; undefined where AWS left it out. Rejects with ResourceAlreadyExists if it is associated.
   */
  associateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
  ): Promise<Association | undefined>;
  /** Returns the association as AWS reports it after the call; undefined where AWS left it out. */
  disassociateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
  ): Promise<Association | undefined>;
  /**
   * Carries out all pending changes of a WorkSpace. Ends its user's session and locks them out meanwhile.
   * `force` repeats a deployment that failed.
   */
  deployWorkspaceApplications(
    workspaceID: string,
    options: { readonly force: boolean },
    precondition?: Precondition,
  ): Promise<Association[]>;
}

export interface Fleet extends FleetReader, FleetWriter {}

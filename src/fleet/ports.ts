import type { Sequence } from '../sequence.ts';
import type {
  Application,
  Association,
  Bundle,
  ContainedApplication,
  Workspace,
  WorkspaceConnection,
} from './model.ts';

/** Maximum number of items that AWS returns for one call, and of IDs that one call accepts (WorkSpaces API reference). */
export const PAGE_SIZE = 25;

/** Which WorkSpaces to list. AWS accepts one filter per call. */
export type WorkspaceQuery =
  | { readonly all: true }
  | { readonly directoryID: string }
  | { readonly bundleID: string }
  /** Any number of IDs; the adapter sends 25 per call. The result omits IDs that don't exist. */
  | { readonly workspaceIDs: readonly string[] };

/**
 * Items of a listing. `unidentified` describes the items of AWS without a usable ID. Each of them may be any resource that the list doesn't
 * contain, so the absence of a resource is unknown.
 */
export type Listed<T> = T[] & Unidentified;
/** Items of a listing that may be created when they are read. */
export type ListedItems<T> = Sequence<T> & Unidentified;

interface Unidentified {
  readonly unidentified?: readonly string[];
}

/**
 * Reads of a fleet. Each method returns the complete result (all pages) or rejects with a FleetError. It never returns a part.
 * If a value of an item can't be trusted, the item lacks this value, and its `untrusted` names it.
 */
export interface FleetReader {
  /** Rejects with InvalidParameterValues if AWS rejects a directory, a bundle, or all IDs. A single rejected ID is `untrusted`. */
  describeWorkspaces(query: WorkspaceQuery): Promise<Listed<Workspace>>;
  /** Returns all applications that are visible to the account, or the applications with the given IDs. Omits IDs that don't exist. */
  describeApplications(query: { readonly applicationIDs?: readonly string[] }): Promise<Listed<Application>>;
  /** Returns the associations of an application. Rejects with ResourceNotFound if the application doesn't exist. */
  describeApplicationAssociations(applicationID: string): Promise<ListedItems<Association>>;
  /**
   * Returns the associations of a WorkSpace. Rejects with ResourceNotFound if the WorkSpace doesn't exist, and with OperationNotSupported if
   * it can't have associations, for example, because it doesn't run Windows.
   */
  describeWorkspaceAssociations(workspaceID: string): Promise<Association[]>;
  /** Returns the tags of a WorkSpace by key. Rejects with ResourceNotFound if the WorkSpace doesn't exist. */
  describeTags(workspaceID: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Returns the tags of tagged WorkSpaces by ID, with 100 WorkSpaces per call (Resource Groups Tagging API). The result may be some minutes
   * old. Tags that can't be trusted are undefined. Rejects with AccessDenied if IAM doesn't allow `tag:GetResources`.
   *
   * @param workspaceIDs WorkSpaces to read. The result may also contain others. Defaults to all.
   */
  getResources(workspaceIDs?: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string> | undefined>>;
  /** Returns the connections of any number of WorkSpaces; the adapter sends 25 per call. Omits WorkSpaces that AWS doesn't report. */
  describeWorkspacesConnectionStatus(workspaceIDs: readonly string[]): Promise<WorkspaceConnection[]>;
}

/**
 * Reads of bundles and images. They explain drift, and no decision depends on them. Each method returns the complete result or rejects with
 * a FleetError.
 */
export interface BundleReader {
  /** Returns the bundles with the given IDs, any number of them; the adapter sends 25 per call. Omits IDs that don't exist. */
  describeWorkspaceBundles(bundleIDs: readonly string[]): Promise<Listed<Bundle>>;
  /** Returns the applications in a bundle. Rejects with ResourceNotFound if the bundle doesn't exist. */
  describeBundleAssociations(bundleID: string): Promise<ContainedApplication[]>;
  /** Returns the applications in an image. Rejects with ResourceNotFound if the image doesn't exist. */
  describeImageAssociations(imageID: string): Promise<ContainedApplication[]>;
}

/**
 * Checked directly before each attempt to send a change, because the rate limit may have delayed it for minutes. If it returns false, the
 * call is not sent and rejects with `Canceled`.
 */
export type Precondition = () => boolean;

/** Records a change while it is sent. */
export interface CallRecorder {
  /**
   * Called when the rate limit and the precondition allow the change, before it is sent for the first time. If it rejects, the change is
   * not sent. The precondition is checked again afterward.
   */
  beforeSend(): Promise<void>;
  /** Called for each response of AWS with its request ID. */
  onResponse(requestID: string): void;
}

/**
 * Changes to a fleet. A call is sent to AWS at most once, except after a throttling response, which has no effect. If the response is
 * lost, the method rejects with Unavailable, and the caller must read before it acts again.
 */
export interface FleetWriter {
  /**
   * Marks an application for installation, or reverts a disassociation that is not deployed yet. Returns the association after the call,
   * or undefined if AWS omitted it. Rejects with ResourceAlreadyExists if the application is associated.
   */
  associateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association | undefined>;
  /** Marks an application for removal. Returns the association after the call, or undefined if AWS omitted it. */
  disassociateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association | undefined>;
  /**
   * Carries out all pending changes of a WorkSpace. Ends the session of the user, who can't connect until the deployment ends.
   * `force` repeats a failed deployment.
   */
  deployWorkspaceApplications(
    workspaceID: string,
    options: { readonly force: boolean },
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association[]>;
}

export interface Fleet extends FleetReader, FleetWriter {}

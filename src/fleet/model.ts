/**
 * The data model of a fleet in the terms of AWS. Members that AWS may omit are optional, and enums are open: a value that AWS adds later
 * passes through unchanged, and the operator never acts on an unknown value.
 */

/** States of an application association (WorkSpaces API, AssociationState). */
export const ASSOCIATION_STATES = [
  'PENDING_INSTALL',
  'PENDING_INSTALL_DEPLOYMENT',
  'PENDING_UNINSTALL',
  'PENDING_UNINSTALL_DEPLOYMENT',
  'INSTALLING',
  'UNINSTALLING',
  'ERROR',
  'COMPLETED',
  'REMOVED',
] as const;
type AssociationState = (typeof ASSOCIATION_STATES)[number];

/** Codes of an association's StateReason (WorkSpaces API, AssociationErrorCode). */
export const ASSOCIATION_ERROR_CODES = [
  'ValidationError.InsufficientDiskSpace',
  'ValidationError.InsufficientMemory',
  'ValidationError.UnsupportedOperatingSystem',
  'ValidationError.ApplicationOldVersionExists',
  'DeploymentError.InternalServerError',
  'DeploymentError.WorkspaceUnreachable',
] as const;
export type AssociationErrorCode = (typeof ASSOCIATION_ERROR_CODES)[number];

/** A string with some known values. Accepts any value, but keeps the completion of editors. */
export type Open<Known extends string> = Known | (string & {});

/** A virtual desktop (WorkSpaces API, Workspace). */
export interface Workspace {
  readonly workspaceID: string;
  readonly directoryID?: string | undefined;
  readonly userName?: string | undefined;
  readonly bundleID?: string | undefined;
  /** Compute type of the bundle, for example, STANDARD (WorkSpaces API, WorkspaceProperties). */
  readonly computeTypeName?: string | undefined;
  /** Operating system, for example, WINDOWS_SERVER_2022 (WorkSpaces API, WorkspaceProperties). */
  readonly operatingSystemName?: string | undefined;
  /** State, for example, AVAILABLE, STOPPED, or UPDATING. Undefined if AWS omitted it, which never counts as ready. */
  readonly state?: string | undefined;
  /** Running mode. With MANUAL, a partner's product starts and stops the WorkSpace, and its users connect with other clients. */
  readonly runningMode?: Open<'AUTO_STOP' | 'ALWAYS_ON' | 'MANUAL'> | undefined;
  /** Tags by key. Undefined if they were not read. */
  readonly tags?: ReadonlyMap<string, string> | undefined;
  /** Connection of the user. Undefined if it was not read. */
  readonly connection?: WorkspaceConnection | undefined;
  /** Value that AWS returned and that can't be trusted. The WorkSpace then lacks this value, and the operator doesn't change it. */
  readonly untrusted?: string | undefined;
}

/** An application that can be associated with WorkSpaces (WorkSpaces API, WorkSpaceApplication). */
export interface Application {
  readonly applicationID: string;
  readonly name?: string | undefined;
  /** AMAZON, or the ID of the account that owns the application. */
  readonly owner?: string | undefined;
  readonly state?: Open<'AVAILABLE' | 'UNINSTALL_ONLY' | 'PENDING' | 'ERROR'> | undefined;
  /** Compute types on which the application can be installed. Undefined if AWS reports none. */
  readonly supportedComputeTypeNames?: readonly string[] | undefined;
  /** Operating systems on which the application can be installed. Undefined if AWS reports none. */
  readonly supportedOperatingSystemNames?: readonly string[] | undefined;
  /** Value that AWS returned and that can't be trusted. The operator then doesn't change associations of the application. */
  readonly untrusted?: string | undefined;
}

/** A bundle, from which WorkSpaces are created and rebuilt (WorkSpaces API, WorkspaceBundle). */
export interface Bundle {
  readonly bundleID: string;
  readonly name?: string | undefined;
  /** AMAZON, or the ID of the account that owns the bundle. */
  readonly owner?: string | undefined;
  /** Image that the bundle was created from. */
  readonly imageID?: string | undefined;
  /** Value that AWS returned and that can't be trusted. The bundle then lacks this value. */
  readonly untrusted?: string | undefined;
}

/** An application in a bundle or an image (WorkSpaces API, BundleResourceAssociation and ImageResourceAssociation). */
export interface ContainedApplication {
  readonly applicationID: string;
  readonly state?: Open<AssociationState> | undefined;
}

/** Why an association is in its state (WorkSpaces API, AssociationStateReason). */
export interface StateReason {
  readonly errorCode?: Open<AssociationErrorCode> | undefined;
  readonly errorMessage?: string | undefined;
}

/** One application on one WorkSpace, whether read by WorkSpace or by application. */
export interface Association {
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly state?: Open<AssociationState> | undefined;
  readonly stateReason?: StateReason | undefined;
  readonly created?: Date | undefined;
  readonly lastUpdatedTime?: Date | undefined;
  /** Value that AWS returned and that can't be trusted. The state is then undefined, which the operator never acts on. */
  readonly untrusted?: string | undefined;
}

/** Whether a WorkSpace's user is connected (WorkSpaces API, WorkspaceConnectionStatus). */
export interface WorkspaceConnection {
  readonly workspaceID: string;
  /** UNKNOWN if AWS can't determine the state, for example, because the WorkSpace is stopped. */
  readonly connectionState?: Open<'CONNECTED' | 'DISCONNECTED' | 'UNKNOWN'> | undefined;
  /** Time at which AWS last checked the connection. AWS checks at intervals that it doesn't document. */
  readonly connectionStateCheckTimestamp?: Date | undefined;
  /** Time of the last connection. Undefined if no user has ever connected. */
  readonly lastKnownUserConnectionTimestamp?: Date | undefined;
  /** Time at which the operator requested these values. Undefined in a response. */
  readonly readAt?: Date | undefined;
  /** Value that AWS returned and that can't be trusted. The state is then undefined, so a user may be connected. */
  readonly untrusted?: string | undefined;
}

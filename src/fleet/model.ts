/**
 * The nouns of a fleet, in AWS's own terms. Every member that AWS may leave out is optional here too, and enums stay open:
 * a value the API adds tomorrow arrives as it is, and nothing acts on what it doesn't know.
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
export type AssociationState = (typeof ASSOCIATION_STATES)[number];

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

/** A string of which some values are known: keeps editors' completion, accepts what AWS adds. */
export type Open<Known extends string> = Known | (string & {});

/** A virtual desktop (WorkSpaces API, Workspace). */
export interface Workspace {
  readonly workspaceID: string;
  readonly directoryID?: string | undefined;
  readonly userName?: string | undefined;
  readonly bundleID?: string | undefined;
  /** AVAILABLE, STOPPED, UPDATING, ...; undefined when AWS left it out, which is never taken as ready. */
  readonly state?: string | undefined;
  /** By key. Undefined where they weren't read. */
  readonly tags?: ReadonlyMap<string, string> | undefined;
  /** Undefined where it wasn't read. */
  readonly connection?: WorkspaceConnection | undefined;
}

/** An application that can be associated with WorkSpaces (WorkSpaces API, WorkSpaceApplication). */
export interface Application {
  readonly applicationID: string;
  readonly name?: string | undefined;
  /** AMAZON, or the id of the account that owns it. */
  readonly owner?: string | undefined;
  readonly state?: Open<'AVAILABLE' | 'UNINSTALL_ONLY' | 'PENDING' | 'ERROR'> | undefined;
}

/** Why an association is in its state (WorkSpaces API, AssociationStateReason). */
export interface StateReason {
  readonly errorCode?: Open<AssociationErrorCode> | undefined;
  readonly errorMessage?: string | undefined;
}

/** One application on one WorkSpace, whichever of the two directions it was read from. */
export interface Association {
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly state?: Open<AssociationState> | undefined;
  readonly stateReason?: StateReason | undefined;
  readonly created?: Date | undefined;
  readonly lastUpdatedTime?: Date | undefined;
}

/** Whether a WorkSpace's user is connected (WorkSpaces API, WorkspaceConnectionStatus). */
export interface WorkspaceConnection {
  readonly workspaceID: string;
  /** UNKNOWN where AWS can't tell, as of a WorkSpace that is stopped. */
  readonly connectionState?: Open<'CONNECTED' | 'DISCONNECTED' | 'UNKNOWN'> | undefined;
  /** Undefined if nobody ever connected. */
  readonly lastKnownUserConnectionTimestamp?: Date | undefined;
}

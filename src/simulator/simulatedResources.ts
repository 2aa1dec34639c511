import type { Open } from '../fleet/model.ts';
import type { SimulatedAssociation } from './lifecycle.ts';
import type { Software } from './software.ts';

/** Result of a connection check. Times are in epoch milliseconds. */
export interface ConnectionCheck {
  readonly at: number;
  readonly connectionState: string;
  readonly lastConnected: number | undefined;
}

export interface SimulatedApplication {
  readonly applicationID: string;
  readonly name: string;
  /** AMAZON, or the ID of the owning account. */
  readonly owner: string;
  readonly state: 'AVAILABLE' | 'UNINSTALL_ONLY' | 'PENDING' | 'ERROR';
  readonly licenseType: 'LICENSED' | 'UNLICENSED';
  readonly description?: string | undefined;
  readonly supportedComputeTypeNames: readonly string[];
  readonly supportedOperatingSystemNames: readonly string[];
  /** Free disk space that an installation requires, in GiB. */
  readonly requiredDiskSpaceGib: number;
  /** Creation time in epoch milliseconds. */
  readonly created: number;
}

export interface SimulatedBundle {
  readonly bundleID: string;
  readonly name: string;
  /** AMAZON, or the ID of the owning account. */
  readonly owner: string;
  readonly imageID: string | undefined;
  readonly computeTypeName: string;
  /** IDs of the applications that new and rebuilt WorkSpaces get. */
  readonly applications: readonly string[];
  /** Creation time in epoch milliseconds. */
  readonly created: number;
}

export interface SimulatedImage {
  readonly imageID: string;
  readonly applications: readonly string[];
  /** Creation time in epoch milliseconds. */
  readonly created: number;
}

export interface SimulatedWorkspace {
  readonly workspaceID: string;
  readonly userName: string;
  readonly directoryID: string;
  readonly bundleID: string;
  readonly computerName: string;
  /** Name of a user-decoupled WorkSpace. */
  readonly workspaceName: string | undefined;
  readonly operatingSystemName: string;
  readonly computeTypeName: string;
  readonly runningMode: string;
  state: string;
  connection: Open<'CONNECTED' | 'DISCONNECTED' | 'UNKNOWN'>;
  /** Last connection of the user in epoch milliseconds. Undefined if the user never connected. */
  lastConnected: number | undefined;
  /** Latest connection check of AWS. Undefined if there was none. */
  connectionCheck: ConnectionCheck | undefined;
  /** Whether AWS checks the connection. If not, the latest check ages. */
  isConnectionChecked: boolean;
  tags: Readonly<Record<string, string>>;
  /** Whether the WorkSpace has or had tags, so that the Resource Groups Tagging API lists it. */
  wasTagged: boolean;
  /** Free disk space in GiB. Undefined for unlimited. */
  freeDiskSpaceGib: number | undefined;
  readonly software: Software;
  /** Current deployment, and the state to which the WorkSpace returns after UPDATING. */
  deployment: { readonly endsAt: number; readonly returnTo: string } | undefined;
  /** Current creation, rebuild, or restore, after which the WorkSpace is AVAILABLE. */
  recreation: Recreation | undefined;
  /** Associations by application ID. */
  readonly associations: Map<string, SimulatedAssociation>;
}

/** Creation, rebuild, or restore of a WorkSpace. `endsAt` is in epoch milliseconds. */
export type Recreation =
  | { readonly kind: 'Create' | 'Restore'; readonly endsAt: number }
  | { readonly kind: 'Rebuild'; readonly endsAt: number; readonly applications: readonly string[] };

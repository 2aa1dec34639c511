import type { IntOrPercent } from './intOrPercent.ts';
import type { LabelSelector } from './labelSelector.ts';
import type { MaintenanceWindow } from './maintenanceWindow.ts';

/** Names one application by its id, or all whose name and owner match. */
export type ApplicationMatcher =
  | { readonly id: string }
  | { readonly name: string; readonly owner: string | undefined };

/** Which WorkSpaces a policy is about: fields are ANDed, the entries of a list ORed. */
export interface WorkspaceSelector {
  readonly all: boolean;
  readonly workspaceIDs: ReadonlySet<string> | undefined;
  readonly directoryIDs: ReadonlySet<string> | undefined;
  readonly bundleIDs: ReadonlySet<string> | undefined;
  /** Globs, in lower case: Active Directory doesn't tell cases apart. */
  readonly userNames: readonly string[] | undefined;
  readonly tags: LabelSelector | undefined;
  /** Nobody has connected for so long, in milliseconds. */
  readonly lastConnectedBefore: number | undefined;
  /** Whether that includes those to which nobody ever did. */
  readonly neverConnected: boolean;
  /** What any of these names is never selected. */
  readonly exclude: {
    readonly workspaceIDs: ReadonlySet<string>;
    /** Globs, in lower case. */
    readonly userNames: readonly string[];
    readonly tags: LabelSelector | undefined;
  };
}

/** When a change that failed is tried again. */
export interface Retry {
  /** How often a deployment that failed is repeated. */
  readonly limit: number;
  /** The first wait, in milliseconds. */
  readonly first: number;
  /** By what each wait is longer than the one before. */
  readonly factor: number;
  /** The longest wait, in milliseconds. */
  readonly longest: number;
}

/** An application that is left alone on some WorkSpaces, whatever any policy says. */
export interface Exception {
  readonly workspaceIDs: ReadonlySet<string>;
  readonly application: ApplicationMatcher;
  /** For people. */
  readonly reason: string;
  /** Undefined: it doesn't expire. */
  readonly expiresAt: Date | undefined;
}

/** A WorkspaceApplicationPolicy that was found valid, with its defaults filled in and its values read. */
export interface Policy {
  /** `namespace/name`, as client-go keys objects. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** The name of the WorkspaceFleet; undefined: the default one. */
  readonly fleetRef: string | undefined;
  readonly enforcement: 'Audit' | 'Approve' | 'Enforce';
  readonly suspend: boolean;
  /** Of policies that list the same application, the highest decides. */
  readonly priority: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly workspaceSelector: WorkspaceSelector;
  /** Each names exactly one application, or the policy can't be acted on. */
  readonly required: readonly ApplicationMatcher[];
  readonly allowed: readonly ApplicationMatcher[];
  readonly denied: readonly ApplicationMatcher[];
  readonly unlisted: 'Keep' | 'Disassociate';
  readonly deploy: 'Automatic' | 'Manual';
  /** Whether a deployment waits for the WorkSpace's user to disconnect. */
  readonly userSessions: 'Wait' | 'Interrupt';
  /** Changes are made while one of them is open; none: any time. */
  readonly maintenanceWindows: readonly MaintenanceWindow[];
  readonly exceptions: readonly Exception[];
  /** How many of the selected WorkSpaces may change at once; undefined: any number. */
  readonly maxInProgress: IntOrPercent | undefined;
  readonly maxAffectedWorkspaces: IntOrPercent;
  /** Whether applications may be removed that could never be installed again. */
  readonly allowUninstallOnly: boolean;
  /** What becomes of a pending change that no policy asked for, and that a deployment would carry out too. */
  readonly unmanagedPendingChanges: 'Hold' | 'Deploy';
  readonly retry: Retry;
  /** Of one that is gone, or says less than before: until when what it allowed goes on being protected. */
  readonly endsAt?: Date | undefined;
}

/** Whether the deployments of a policy wait until nobody is connected. Those that a person makes are for that person to time. */
export function waitsForUsers({ userSessions, deploy }: Policy): boolean {
  return userSessions === 'Wait' && deploy === 'Automatic';
}

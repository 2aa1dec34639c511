import type { Glob } from './glob.ts';
import type { GlobList } from './globList.ts';
import type { IntOrPercent } from './intOrPercent.ts';
import type { LabelSelector } from './labelSelector.ts';
import type { MaintenanceWindow } from './maintenanceWindow.ts';

/** Matches one application by its ID, or all applications by name and owner. */
export type ApplicationMatcher =
  | { readonly id: string }
  | {
      /** Name as in the resource. */
      readonly name: string;
      readonly glob: Glob;
      readonly owner: string | undefined;
    };

/** The WorkSpaces that a policy selects. Fields are ANDed, and the entries of a list are ORed. */
export interface WorkspaceSelector {
  readonly all: boolean;
  readonly workspaceIDs: ReadonlySet<string> | undefined;
  readonly directoryIDs: ReadonlySet<string> | undefined;
  readonly bundleIDs: ReadonlySet<string> | undefined;
  /** In lower case, because Active Directory is case-insensitive. */
  readonly userNames: GlobList | undefined;
  readonly tags: LabelSelector | undefined;
  /** Minimum time since the last connection of a user, in milliseconds. */
  readonly lastConnectedBefore: number | undefined;
  /** Whether `lastConnectedBefore` also selects WorkSpaces that were never used. */
  readonly neverConnected: boolean;
  /** Directories of the fleet. WorkSpaces of other or unknown directories are outside. Undefined if the fleet has no boundary. */
  readonly boundary?: ReadonlySet<string> | undefined;
  /** WorkSpaces to remove from the selection. Fields are ORed. */
  readonly exclude: {
    readonly workspaceIDs: ReadonlySet<string>;
    /** In lower case. */
    readonly userNames: GlobList;
    readonly tags: LabelSelector | undefined;
  };
}

/** Retry settings for failed changes. */
export interface Retry {
  /** Maximum number of retries of a failed deployment. */
  readonly limit: number;
  /** Delay before the first retry, in milliseconds. */
  readonly baseMs: number;
  /** Factor by which the delay grows after each failure. */
  readonly factor: number;
  /** Maximum delay, in milliseconds. */
  readonly maxMs: number;
}

/** An application that no policy changes on some WorkSpaces. */
export interface Exception {
  readonly workspaceIDs: ReadonlySet<string>;
  readonly application: ApplicationMatcher;
  /** Human-readable reason. */
  readonly reason: string;
  /** Time at which the exception expires. Undefined if it doesn't expire. */
  readonly expiresAt: Date | undefined;
}

/** A valid WorkspaceApplicationPolicy with defaults and parsed values. */
export interface Policy {
  /** Key of the policy in client-go's format: `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** Name of the WorkspaceFleet. Undefined for the default fleet. */
  readonly fleetRef: string | undefined;
  readonly enforcement: 'Audit' | 'Approve' | 'Enforce';
  readonly suspend: boolean;
  /** Among policies that list the same application, the highest priority decides. */
  readonly priority: number;
  /** Time between runs, in milliseconds. */
  readonly interval: number;
  readonly workspaceSelector: WorkspaceSelector;
  /** Each entry must match exactly one application; otherwise, the operator doesn't act on the policy. */
  readonly required: readonly ApplicationMatcher[];
  readonly allowed: readonly ApplicationMatcher[];
  readonly denied: readonly ApplicationMatcher[];
  readonly unlisted: 'Keep' | 'Disassociate';
  readonly deploy: 'Automatic' | 'Manual';
  /** Whether a deployment waits until the user of the WorkSpace disconnects. */
  readonly userSessions: 'Wait' | 'Interrupt';
  /** Whether a replacement is one deployment, or first removes the old application in a deployment of its own. */
  readonly replacements: 'Together' | 'Sequential';
  /** Time for which the user must have been disconnected before a change, in milliseconds. 0 if only a session delays a change. */
  readonly disconnectedFor: number;
  /** Period before whose end an application is removed, because it is paid for. Undefined if the operator removes at once. */
  readonly removeBefore: 'EndOfMonth' | undefined;
  /** Windows in which changes are allowed. If empty, changes are always allowed. */
  readonly maintenanceWindows: readonly MaintenanceWindow[];
  readonly exceptions: readonly Exception[];
  /** Maximum number of selected WorkSpaces that change at the same time. Undefined for no limit. */
  readonly maxInProgress: IntOrPercent | undefined;
  /** Number of WorkSpaces with failed deployments that halts a rollout. 100% for no limit. */
  readonly maxFailures: IntOrPercent;
  /** Maximum number of WorkSpaces from which a plan may remove applications. */
  readonly maxAffectedWorkspaces: IntOrPercent;
  /** Whether the operator may remove applications that can't be installed again. */
  readonly allowUninstallOnly: boolean;
  /** Whether a deployment may also carry out pending changes that no policy requests. */
  readonly unmanagedPendingChanges: 'Hold' | 'Deploy';
  readonly retry: Retry;
  /** End of the protection period of a deleted or narrowed policy. */
  readonly endsAt?: Date | undefined;
}

/** Whether the deployments of a policy wait for users to disconnect. With `deploy: Manual`, the person who deploys decides when. */
export function waitsForUsers({ userSessions, deploy }: Policy): boolean {
  return userSessions === 'Wait' && deploy === 'Automatic';
}

/** Whether the deployments of a policy end the sessions of connected users. */
export function interruptsUsers({ userSessions, deploy }: Policy): boolean {
  return userSessions === 'Interrupt' && deploy === 'Automatic';
}

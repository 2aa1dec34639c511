import type { MaintenanceWindow } from './maintenanceWindow.ts';
import type { Share } from './share.ts';

/** Names one application by its id, or all whose name and owner match. */
export type ApplicationMatcher =
  | { readonly id: string }
  | { readonly name: string; readonly owner: string | undefined };

/** Which WorkSpaces a policy is about: fields are ANDed, the entries of a list ORed. */
export interface WorkspaceSelector {
  readonly all: boolean;
  readonly workspaceIds: ReadonlySet<string> | undefined;
  readonly directoryIds: ReadonlySet<string> | undefined;
}

/** A WorkspaceApplicationPolicy that was found valid, with its defaults filled in and its values read. */
export interface Policy {
  /** `namespace/name`, as client-go keys objects. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly enforcement: 'Audit' | 'Enforce';
  readonly suspend: boolean;
  /** Of policies that list the same application, the highest decides. */
  readonly priority: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly workspaceSelector: WorkspaceSelector;
  readonly allowed: readonly ApplicationMatcher[];
  readonly denied: readonly ApplicationMatcher[];
  readonly unlisted: 'Keep' | 'Disassociate';
  readonly deploy: 'Automatic' | 'Manual';
  /** Changes are made while one of them is open; none: any time. */
  readonly maintenanceWindows: readonly MaintenanceWindow[];
  readonly maxAffectedWorkspaces: Share;
  /** Of one that is gone, or says less than before: until when what it allowed goes on being protected. */
  readonly endsAt?: Date | undefined;
}

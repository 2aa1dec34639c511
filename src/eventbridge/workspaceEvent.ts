import type { EventName } from './eventNames.ts';

/** Event of AWS that names WorkSpaces. It only causes reads: no decision uses its content. */
export interface WorkspaceEvent {
  readonly id: string;
  readonly time: Date;
  readonly name: EventName;
  /** IDs of the affected WorkSpaces, sorted and without duplicates. At least one. */
  readonly workspaceIDs: readonly string[];
  /** AWS request ID of the call. Undefined if the event doesn't describe a call, or has no valid request ID. */
  readonly requestID: string | undefined;
}

export type ParsedMessage =
  | { readonly event: WorkspaceEvent }
  | { readonly ignored: 'OtherAccount' | 'OtherRegion' | 'OtherEvent' | 'FailedCall' }
  /** Reason why the message is unreadable. It contains no text of the message. */
  | { readonly malformed: string };

/** Account and region whose events a fleet reads. */
export interface EventScope {
  /** Account ID with 12 digits. */
  readonly accountID: string;
  readonly region: string;
}

/** Names of the events that the operator reads: CloudTrail event names, and the detail type of connections. */
export const EVENT_NAMES = [
  'AssociateWorkspaceApplication',
  'DisassociateWorkspaceApplication',
  'DeployWorkspaceApplications',
  'CreateWorkspaces',
  'RebuildWorkspaces',
  'RestoreWorkspace',
  'MigrateWorkspace',
  'TerminateWorkspaces',
  'StartWorkspaces',
  'StopWorkspaces',
  'RebootWorkspaces',
  'ModifyWorkspaceProperties',
  'ModifyWorkspaceState',
  'CreateTags',
  'DeleteTags',
  'WorkSpaces Access',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** Data of a WorkSpace that an event can change. */
export type ReadSubject = 'workspace' | 'associations' | 'tags' | 'connection';

export interface EventFacts {
  /** Data to read again. */
  readonly reads: readonly ReadSubject[];
  /** Time from the event until AWS shows its effect, in milliseconds. */
  readonly settleMs: number;
  /** Page of AWS that documents the fact, or `Assumption: …`. */
  readonly source: string;
}

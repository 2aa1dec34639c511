/** Page of AWS with the life cycle of associations. */
const MANAGE_APPLICATIONS = 'https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html';
/** Page of AWS with the states of a WorkSpace. */
const WORKSPACE_STATES = 'https://docs.aws.amazon.com/workspaces/latest/api/API_Workspace.html';

/** Time until a read shows the result of a call that only records something, in milliseconds. */
const RECORDED_MS = 5_000;
/**
 * Time until a read shows the transient state of a call that starts a process, in milliseconds. An earlier read could find the old state
 * and take it for the result.
 */
const STARTED_MS = 60_000;
/** Time until AWS has checked the connection of a user who logged in, in milliseconds. */
const CONNECTION_CHECKED_MS = 5 * 60_000;

/** Names of the events that the operator reads: CloudTrail event names, and the detail type of connections. */
export const EVENT_NAMES = [
  'AssociateWorkspaceApplication',
  'DisassociateWorkspaceApplication',
  'DeployWorkspaceApplications',
  'CreateWorkspaces',
  'CreateStandbyWorkspaces',
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
  /** Whether the call creates WorkSpaces, which AWS may not return for a while. Defaults to false. */
  readonly creates?: boolean;
  /** Page of AWS that documents the fact, or `Assumption: …`. */
  readonly source: string;
}

const RECORDED = {
  settleMs: RECORDED_MS,
  source: 'Assumption: a read shows a recorded change within 5 seconds.',
} as const;
const STARTED = { settleMs: STARTED_MS } as const;
const CREATED = { ...STARTED, creates: true, reads: ['workspace', 'associations', 'tags'] } as const;

/**
 * Data that each event can change, and the time after which to read it. A WorkSpace that is in a transient state by then is read again, so
 * the time doesn't cover the whole process.
 */
export const EVENT_FACTS: Readonly<Record<EventName, EventFacts>> = {
  AssociateWorkspaceApplication: { ...RECORDED, reads: ['workspace', 'associations'] },
  DisassociateWorkspaceApplication: { ...RECORDED, reads: ['workspace', 'associations'] },
  // The WorkSpace is UPDATING until the deployment ends.
  DeployWorkspaceApplications: { ...STARTED, reads: ['workspace', 'associations'], source: MANAGE_APPLICATIONS },
  // PENDING. A new WorkSpace can have tags from the start.
  CreateWorkspaces: { ...CREATED, source: WORKSPACE_STATES },
  CreateStandbyWorkspaces: { ...CREATED, source: WORKSPACE_STATES },
  // REBUILDING, with the applications of the bundle afterward.
  RebuildWorkspaces: { ...STARTED, reads: ['workspace', 'associations'], source: MANAGE_APPLICATIONS },
  RestoreWorkspace: { ...STARTED, reads: ['workspace', 'associations'], source: WORKSPACE_STATES },
  // The new WorkSpace has the tags of the old one or none: AWS doesn't document it.
  MigrateWorkspace: { ...CREATED, source: MANAGE_APPLICATIONS },
  TerminateWorkspaces: { ...STARTED, reads: ['workspace', 'associations'], source: WORKSPACE_STATES },
  StartWorkspaces: { ...STARTED, reads: ['workspace'], source: WORKSPACE_STATES },
  StopWorkspaces: { ...STARTED, reads: ['workspace'], source: WORKSPACE_STATES },
  RebootWorkspaces: { ...STARTED, reads: ['workspace'], source: WORKSPACE_STATES },
  ModifyWorkspaceProperties: { ...STARTED, reads: ['workspace'], source: WORKSPACE_STATES },
  ModifyWorkspaceState: { ...RECORDED, reads: ['workspace'] },
  CreateTags: { ...RECORDED, reads: ['tags'] },
  DeleteTags: { ...RECORDED, reads: ['tags'] },
  'WorkSpaces Access': {
    reads: ['connection'],
    settleMs: CONNECTION_CHECKED_MS,
    source: 'Assumption: AWS checks connections every few minutes.',
  },
};

/** Subjects that a call reads for 25 WorkSpaces. */
const READ_TOGETHER: ReadonlySet<ReadSubject> = new Set(['workspace', 'connection']);
/** Time during which WorkSpaces are collected for such calls, in milliseconds. No drift waits for them. */
const COLLECT_MS = 30_000;

/**
 * Returns the earliest start of the reads of an event, in milliseconds since the epoch. Reads that a call makes for 25 WorkSpaces start
 * together: otherwise, the logins of a large fleet in the morning would take one call each, and delay listings for an hour.
 */
export function readyTime(name: EventName, eventAt: number): number {
  const { reads, settleMs } = EVENT_FACTS[name];
  const readyAt = eventAt + settleMs;
  return reads.every((subject) => READ_TOGETHER.has(subject)) ? Math.ceil(readyAt / COLLECT_MS) * COLLECT_MS : readyAt;
}

const NAMES: ReadonlySet<string> = new Set(EVENT_NAMES);

/** Whether the operator reads events with this name. */
export function isEventName(name: string): name is EventName {
  return NAMES.has(name);
}

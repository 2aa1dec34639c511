import type { Made, Outcome } from '../execute/outcome.ts';
import { isMoving } from '../fleet/states.ts';
import { printable } from '../printable.ts';
import type { PolicyStatus } from './resource.ts';
import type { Row } from './rows.ts';
import { pairOf } from './rows.ts';

/** An Event to record on a policy (Kubernetes core/v1). */
export interface PolicyEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, for machines. */
  readonly reason: string;
  readonly message: string;
}

/** What a run tells the next one, so that each beginning and each end is told once. */
export type Told = ReadonlyMap<string, string>;

const MAX_MESSAGE = 1024;

/** What the rows say now, for the next run. */
export function toldOf(rows: readonly Row[]): Told {
  return new Map(rows.map((row) => [pairOf(row), stateOf(row)]));
}

/** The same from a status, for a process that has just started; it knows as much as the status lists. */
export function toldFrom(status: PolicyStatus | undefined): Told {
  return new Map(
    status?.associations?.map(({ workspaceId, associatedResourceId, heldBecause, action, state }) => [
      `${workspaceId} ${associatedResourceId}`,
      heldBecause ?? (state !== undefined && isMoving({ state }) ? 'InProgress' : action),
    ]),
  );
}

/**
 * The Events of a run: each change made, each removal that ended, each hold and failure that began. One Event names all WorkSpaces that
 * the same happened to, since Events share their room with the table in `kubectl describe`.
 */
export function eventsOf(before: Told, rows: readonly Row[], { made, failures }: Outcome): PolicyEvent[] {
  const began = rows.filter((row) => before.get(pairOf(row)) !== stateOf(row));
  const ended = began.filter((row) => row.urgency === 'Removed' && before.get(pairOf(row)) === 'InProgress');
  return [
    ...grouped(
      made.filter(isDisassociation),
      applicationsIn,
      'Normal',
      'Disassociated',
      (what, where) => `Disassociated ${what} from ${where}`,
    ),
    ...grouped(
      made.filter(isDeployment),
      applicationsIn,
      'Normal',
      'Deploying',
      (what, where) => `Deploying the removal of ${what} on ${where}`,
    ),
    ...grouped(ended, applicationOf, 'Normal', 'Removed', (what, where) => `Removed ${what} from ${where}`),
    ...byReason(began.filter(({ urgency }) => urgency === 'Held' || urgency === 'Drifted' || urgency === 'Failed')),
    ...[...new Map(failures.map(({ kind, message }) => [message, kind]))].map(
      ([message, kind]): PolicyEvent => ({ type: 'Warning', reason: kind, message: printable(message, MAX_MESSAGE) }),
    ),
  ];
}

function byReason(rows: readonly Row[]): PolicyEvent[] {
  const events = new Map<string, Row[]>();
  for (const row of rows.filter(({ held, urgency }) => held !== undefined || urgency !== 'Drifted')) {
    const key = `${stateOf(row)} ${row.message ?? ''}`;
    events.set(key, [...(events.get(key) ?? []), row]);
  }
  return [...events.values()].flatMap((same) => {
    const [first] = same;
    const reason = first?.held?.reason ?? (first?.urgency === 'Failed' ? 'Failed' : 'Conflict');
    const type =
      first?.urgency === 'Failed' || reason === 'SafeguardExceeded' || reason === 'BackingOff' ? 'Warning' : 'Normal';
    return grouped(
      same,
      applicationOf,
      type,
      reason,
      (what, where) => `${what} stays on ${where}: ${first?.message ?? ''}`,
    );
  });
}

interface OnWorkspace {
  readonly workspaceId: string;
  readonly userName?: string | undefined;
}

function grouped<T extends Made | Row>(
  items: readonly T[],
  whatOf: (item: T) => string,
  type: PolicyEvent['type'],
  reason: string,
  say: (what: string, where: string) => string,
): PolicyEvent[] {
  const groups = new Map<string, OnWorkspace[]>();
  for (const item of items) {
    const workspace = 'finding' in item ? item.finding.workspace : item.workspace;
    const what = whatOf(item);
    groups.set(what, [...(groups.get(what) ?? []), workspace]);
  }
  return [...groups].map(([what, where]) => ({
    type,
    reason,
    message: printable(say(what, listed(where)), MAX_MESSAGE),
  }));
}

function listed(workspaces: readonly OnWorkspace[]): string {
  const names = workspaces.map(({ workspaceId, userName }) =>
    workspaces.length > 3 || userName === undefined ? workspaceId : `${workspaceId} (${printable(userName, 63)})`,
  );
  return workspaces.length > 3 ? `${workspaces.length} WorkSpaces: ${names.join(', ')}` : names.join(', ');
}

function stateOf({ urgency, held }: Row): string {
  return held === undefined ? urgency : held.reason;
}

function isDisassociation({ action }: Made): boolean {
  return action === 'Disassociate';
}

function isDeployment({ action }: Made): boolean {
  return action === 'Deploy';
}

function applicationsIn({ applications }: Made): string {
  return applications.map(({ name, applicationId }) => printable(name ?? applicationId)).join(', ');
}

function applicationOf({ finding: { application } }: Row): string {
  return printable(application.name ?? application.applicationId);
}

import type { Failure, Made, Outcome } from '../execute/outcome.ts';
import { pairKey } from '../fleet/pair.ts';
import { isMoving } from '../fleet/states.ts';
import type { Plan } from '../plan/plan.ts';
import { printable } from '../printable.ts';
import type { PolicyStatus } from './resource.ts';
import { keyOfRow, type Row, toldState } from './rows.ts';

/** An Event to record on a policy (Kubernetes core/v1). */
export interface PolicyEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, for machines. */
  readonly reason: string;
  readonly message: string;
}

/** Something that happened to an application on a WorkSpace. */
interface Happened {
  readonly workspaceId: string;
  readonly userName?: string | undefined;
  /** The application, or applications, as people call them. */
  readonly application: string;
}

/** What a run told about each association, so that the next one tells each beginning and each end once. */
export type Told = ReadonlyMap<string, Happened & { readonly state: string }>;

const MAX_MESSAGE = 1024;

/** What the rows say now, for the next run. */
export function toldOf(rows: readonly Row[]): Told {
  const telling = rows.filter(({ urgency }) => urgency !== 'Kept');
  return new Map(telling.map((row) => [keyOfRow(row), { ...happenedIn(row), state: toldState(row) }]));
}

/** The same from a status, for a process that has just started; it knows as much as the status lists. */
export function toldFrom(status: PolicyStatus | undefined): Told {
  return new Map(
    status?.associations?.map((one) => {
      const { workspaceId, userName, associatedResourceId, applicationName = associatedResourceId } = one;
      const told = { workspaceId, userName, application: applicationName, state: toldStateIn(one) };
      return [pairKey({ workspaceId, applicationId: associatedResourceId }), told];
    }),
  );
}

/**
 * The Events of a run: each change made, each removal that ended, each failure, each hold that began. One Event names all WorkSpaces
 * that the same happened to, since Events share their room with the table in `kubectl describe`.
 */
export function eventsOf(before: Told, plan: Plan, rows: readonly Row[], { made, failures }: Outcome): PolicyEvent[] {
  const failed = new Set(failures.map(({ change: { finding } }) => finding.workspace.workspaceId));
  const began = rows.filter(
    (row) => before.get(keyOfRow(row))?.state !== toldState(row) && !failed.has(row.finding.workspace.workspaceId),
  );
  const of = (action: Made['action']) => made.filter((one) => one.action === action).map(happenedTo);
  return [
    ...tell(of('Disassociate'), 'Normal', 'Disassociated', (what, where) => `Disassociated ${what} from ${where}`),
    ...tell(of('Deploy'), 'Normal', 'Deploying', (what, where) => `Deploying the removal of ${what} on ${where}`),
    ...tell(endedSince(before, plan, rows), 'Normal', 'Removed', (what, where) => `Removed ${what} from ${where}`),
    ...failureEvents(failures),
    ...holdEvents(began),
  ];
}

/** What was under way and is removed, or isn't listed any more. */
function endedSince(before: Told, { selected }: Plan, rows: readonly Row[]): Happened[] {
  const now = new Map(rows.map((row) => [keyOfRow(row), row.urgency]));
  const isSelected = new Set(selected.map(({ workspaceId }) => workspaceId));
  return [...before]
    .filter(
      ([pair, { state, workspaceId }]) =>
        state === 'InProgress' && (now.get(pair) ?? (isSelected.has(workspaceId) && 'Removed')) === 'Removed',
    )
    .map(([, happened]) => happened);
}

function failureEvents(failures: readonly Failure[]): PolicyEvent[] {
  const byCause = Map.groupBy(
    failures,
    ({ error }) => `${error.kind} ${error.details.operation} ${error.details.reason}`,
  );
  return [...byCause.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) {
      return [];
    }
    const { kind, details } = first.error;
    const where = listed(same.map(({ change }) => ({ ...change.finding.workspace, application: '' })));
    const message = printable(`${details.operation} failed on ${where}: ${details.reason}`, MAX_MESSAGE);
    return [{ type: 'Warning' as const, reason: kind, message }];
  });
}

function holdEvents(rows: readonly Row[]): PolicyEvent[] {
  const telling = rows.filter(({ held, urgency }) => held !== undefined || urgency === 'Held' || urgency === 'Failed');
  return [...Map.groupBy(telling, (row) => `${toldState(row)} ${row.message}`).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) {
      return [];
    }
    const reason = first.held?.reason ?? (first.urgency === 'Failed' ? 'Failed' : 'Conflict');
    const isWarning = first.urgency === 'Failed' || reason === 'SafeguardExceeded' || reason === 'BackingOff';
    const say = (what: string, where: string) => `${what} stays on ${where}: ${first.message}`;
    return tell(same.map(happenedIn), isWarning ? 'Warning' : 'Normal', reason, say);
  });
}

function tell(
  happened: readonly Happened[],
  type: PolicyEvent['type'],
  reason: string,
  say: (what: string, where: string) => string,
): PolicyEvent[] {
  return [...Map.groupBy(happened, ({ application }) => application)].map(([application, where]) => ({
    type,
    reason,
    message: printable(say(printable(application), listed(where)), MAX_MESSAGE),
  }));
}

function listed(workspaces: readonly Happened[]): string {
  const names = workspaces.map(({ workspaceId, userName }) =>
    workspaces.length > 3 || userName === undefined ? workspaceId : `${workspaceId} (${printable(userName, 63)})`,
  );
  return workspaces.length > 3 ? `${workspaces.length} WorkSpaces: ${names.join(', ')}` : names.join(', ');
}

function happenedIn({ finding: { workspace, application } }: Row): Happened {
  const { workspaceId, userName } = workspace;
  return { workspaceId, userName, application: application.name ?? application.applicationId };
}

function happenedTo({ workspace: { workspaceId, userName }, applications }: Made): Happened {
  const names = applications.map(({ name, applicationId }) => printable(name ?? applicationId));
  return { workspaceId, userName, application: names.join(', ') };
}

type ListedAssociation = NonNullable<PolicyStatus['associations']>[number];

/** `toldState` of a row that only the status tells of. */
function toldStateIn({ heldBecause, verdict, action, state = '' }: ListedAssociation): string {
  if (heldBecause !== undefined) {
    return heldBecause;
  }
  switch (action) {
    case 'Disassociate':
      return 'Drifted';
    case 'Deploy':
      return 'InProgress';
    default:
      if (verdict === 'Conflict') {
        return 'Held';
      }
      if (verdict === 'Allowed' || verdict === 'Excepted') {
        return 'Kept';
      }
      if (isMoving({ state })) {
        return 'InProgress';
      }
      return state === 'REMOVED' ? 'Removed' : state === 'COMPLETED' ? 'Kept' : 'Failed';
  }
}

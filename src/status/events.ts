import type { Failure, Made, Outcome } from '../execute/outcome.ts';
import { associationKey } from '../fleet/associationID.ts';
import { isTransitioning } from '../fleet/states.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import { sanitize } from '../sanitize.ts';
import { type Assessment, assessmentKey, eventKey } from './assessment.ts';
import type { PolicyStatus } from './resource.ts';

/** An Event to record on a policy (Kubernetes core/v1). */
export interface PolicyEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, for machines. */
  readonly reason: string;
  readonly message: string;
}

/** Something that happened to an application on a WorkSpace. */
interface Happened {
  readonly workspaceID: string;
  readonly userName?: string | undefined;
  /** The application, or applications, as people call them. */
  readonly application: string;
  /** Undefined where it is of no matter. */
  readonly desired?: DesiredState | undefined;
}

/** What a run told about each association, so that the next one tells each beginning and each end once. */
export type EventState = ReadonlyMap<string, Happened & { readonly state: string }>;

const MAX_MESSAGE = 1024;

/** What the rows say now, for the next run. */
export function eventStateOf(assessments: readonly Assessment[]): EventState {
  const telling = assessments.filter(({ severity }) => severity !== 'Kept');
  return new Map(telling.map((row) => [assessmentKey(row), { ...happenedIn(row), state: eventKey(row) }]));
}

/** The same from a status, for a process that has just started; it knows as much as the status lists. */
export function eventStateFromStatus(status: PolicyStatus | undefined): EventState {
  return new Map(
    status?.associations?.map((one) => {
      const { workspaceID, userName, associatedResourceID, applicationName = associatedResourceID } = one;
      const desired = one.verdict === 'Required' ? ('Present' as const) : ('Absent' as const);
      const eventState = { workspaceID, userName, application: applicationName, desired, state: toldStateIn(one) };
      return [associationKey({ workspaceID, applicationID: associatedResourceID }), eventState];
    }),
  );
}

/**
 * The Events of a run: each change made, each that is through, each failure, each hold that began. One Event names all WorkSpaces
 * that the same happened to, since Events share their room with the table in `kubectl describe`.
 */
export function eventsOf(
  before: EventState,
  plan: Plan,
  assessments: readonly Assessment[],
  { made, failures }: Outcome,
): PolicyEvent[] {
  const failed = new Set(failures.map(({ change: { finding } }) => finding.workspace.workspaceID));
  const began = assessments.filter(
    (row) => before.get(assessmentKey(row))?.state !== eventKey(row) && !failed.has(row.finding.workspace.workspaceID),
  );
  const of = (action: Made['action']) => made.filter((one) => one.action === action).map(happenedTo);
  const ended = Map.groupBy(endedSince(before, plan, assessments), ({ desired }) => desired);
  const installed = ended.get('Present') ?? [];
  const removed = ended.get('Absent') ?? [];
  return [
    ...tell(of('Disassociate'), 'Normal', 'Disassociated', (what, where) => `Disassociated ${what} from ${where}`),
    ...tell(of('Associate'), 'Normal', 'Associated', (what, where) => `Associated ${what} with ${where}`),
    ...tell(deploymentsIn(made), 'Normal', 'Deploying', (what, where) => `Deploying ${what} on ${where}`),
    ...tell(removed, 'Normal', 'Removed', (what, where) => `Removed ${what} from ${where}`),
    ...tell(installed, 'Normal', 'Installed', (what, where) => `Installed ${what} on ${where}`),
    ...failureEvents(failures),
    ...holdEvents(began),
  ];
}

/** What was under way and is through: it is removed, or isn't listed any more, or is installed. */
function endedSince(before: EventState, { selected }: Plan, assessments: readonly Assessment[]): Happened[] {
  const underWay = [...before].filter(([, { state }]) => state === 'InProgress');
  if (underWay.length === 0) {
    return [];
  }
  const now = new Map(assessments.map((row) => [assessmentKey(row), row]));
  const isSelected = new Set(selected.map(({ workspaceID }) => workspaceID));
  return underWay
    .filter(([id, { workspaceID, desired }]) => {
      const row = now.get(id);
      const isThere = row?.finding.association.state === 'COMPLETED';
      const isGone = row === undefined ? isSelected.has(workspaceID) : row.severity === 'Removed';
      return desired === 'Present' ? isThere : isGone;
    })
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
    const message = sanitize(`${details.operation} failed on ${where}: ${details.reason}`, MAX_MESSAGE);
    return [{ type: 'Warning' as const, reason: kind, message }];
  });
}

function holdEvents(assessments: readonly Assessment[]): PolicyEvent[] {
  const telling = assessments.filter(
    ({ held, severity }) => held !== undefined || severity === 'Held' || severity === 'Failed',
  );
  const isAwaited = ({ finding: { desired, association } }: Assessment) =>
    desired === 'Present' && association.state !== 'COMPLETED';
  return [...Map.groupBy(telling, (row) => `${eventKey(row)} ${isAwaited(row)} ${row.message}`).values()].flatMap(
    (same) => {
      const [first] = same;
      if (first === undefined) {
        return [];
      }
      const reason = first.held?.reason ?? (first.severity === 'Failed' ? 'Failed' : 'Conflict');
      const isWarning = first.severity === 'Failed' || reason === 'SafeguardExceeded' || reason === 'BackingOff';
      const say = (what: string, where: string) =>
        `${what} ${isAwaited(first) ? "isn't installed" : 'stays'} on ${where}: ${first.message}`;
      return tell(same.map(happenedIn), isWarning ? 'Warning' : 'Normal', reason, say);
    },
  );
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
    message: sanitize(say(sanitize(application), listed(where)), MAX_MESSAGE),
  }));
}

function listed(workspaces: readonly Happened[]): string {
  const names = workspaces.map(({ workspaceID, userName }) =>
    workspaces.length > 3 || userName === undefined ? workspaceID : `${workspaceID} (${sanitize(userName, 63)})`,
  );
  return workspaces.length > 3 ? `${workspaces.length} WorkSpaces: ${names.join(', ')}` : names.join(', ');
}

function happenedIn({ finding: { workspace, application, desired } }: Assessment): Happened {
  const { workspaceID, userName } = workspace;
  return { workspaceID, userName, application: application.name ?? application.applicationID, desired };
}

function happenedTo({ workspace: { workspaceID, userName }, findings }: Made): Happened {
  return { workspaceID, userName, application: findings.map(applicationIn).join(', ') };
}

/** The deployments that were begun, each with what it carries out. */
function deploymentsIn(made: readonly Made[]): Happened[] {
  return made
    .filter(({ action }) => action === 'Deploy')
    .map(({ workspace: { workspaceID, userName }, findings }) => {
      const of = (desired: DesiredState) =>
        findings
          .filter((finding) => finding.desired === desired)
          .map(applicationIn)
          .join(', ');
      const parts = [
        { what: 'the removal of', applications: of('Absent') },
        { what: 'the installation of', applications: of('Present') },
      ].filter(({ applications }) => applications !== '');
      const application = parts.map(({ what, applications }) => `${what} ${applications}`).join(' and ');
      return { workspaceID, userName, application };
    });
}

function applicationIn({ application: { name, applicationID } }: Finding): string {
  return sanitize(name ?? applicationID);
}

type ListedAssociation = NonNullable<PolicyStatus['associations']>[number];

/** `eventKey` of a row that only the status tells of. */
function toldStateIn({ holdReason, verdict, action, state = '' }: ListedAssociation): string {
  if (holdReason !== undefined) {
    return holdReason;
  }
  switch (action) {
    case 'Disassociate':
    case 'Associate':
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
      if (isTransitioning({ state })) {
        return 'InProgress';
      }
      if (verdict === 'Required') {
        return state === 'COMPLETED' ? 'Kept' : 'Failed';
      }
      return state === 'REMOVED' ? 'Removed' : state === 'COMPLETED' ? 'Kept' : 'Failed';
  }
}

import { compareStrings } from '../compare.ts';
import type { Failure, Made, Outcome } from '../execute/outcome.ts';
import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { Workspace } from '../fleet/model.ts';
import { isTransitioning } from '../fleet/states.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import { associationIDOf, type Finding, type HoldReason, isRevert, type Plan } from '../plan/plan.ts';
import { windowState } from '../plan/window.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import { pickSliced, type Sequence } from '../sequence.ts';
import { SharedLists } from '../sharedLists.ts';
import { eachSliced, type Sliced, setSliced } from '../slices.ts';
import { type Assessment, eventKey, holdReasonOf } from './assessment.ts';
import { type EventSubject, EventSubjects, MAX_MESSAGE, namesIn } from './eventSubjects.ts';
import { type ListedAssociation, listedAssociations, type PolicyStatus } from './resource.ts';

/** Event to record on a policy (Kubernetes core/v1). */
export interface PolicyEvent {
  readonly type: 'Normal' | 'Warning';
  /** Machine-readable reason in CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** Last reported state of an application. WorkSpaces share equal ones. */
interface ReportedState {
  readonly applicationID: string;
  /** Name of the application. */
  readonly application: string;
  readonly desired: DesiredState | undefined;
  readonly state: string;
}

/** Last reported states of the applications on a WorkSpace. */
interface ReportedWorkspace {
  readonly userName: string | undefined;
  readonly states: readonly ReportedState[];
}

/** What was reported last, so that the next run reports only what changed. */
export interface EventState {
  /** Associations that a policy doesn't only keep, by WorkSpace ID. */
  readonly workspaces: ReadonlyMap<string, ReportedWorkspace>;
  /** Causes for which WorkSpaces stay unchanged, by WorkSpace ID. */
  readonly undecided: ReadonlyMap<string, string>;
  /** Messages about rejected listings. */
  readonly rejected: ReadonlySet<string>;
}

/** State of a policy that was never reported. */
export const NOTHING_REPORTED: EventState = { workspaces: new Map(), undecided: new Map(), rejected: new Set() };

/** Returns the event state of a run, for the next run. */
export function* eventStateOf(
  assessments: Sequence<Assessment>,
  unknown?: Pick<Plan, 'undecided' | 'gaps'>,
): Sliced<EventState> {
  const workspaces = new Map<string, ReportedWorkspace>();
  const lists = new SharedLists<ReportedState>();
  const shared = new Map<string, ReportedState[]>();
  const reportedAs = (finding: Finding, state: string): ReportedState => {
    const { desired, application: found } = finding;
    const { applicationID } = found;
    const application = found.name ?? found.applicationID;
    const known = shared.get(applicationID) ?? [];
    shared.set(applicationID, known);
    const isSame = (one: ReportedState) =>
      one.state === state && one.desired === desired && one.application === application;
    const reported = known.find(isSame) ?? { applicationID, application, desired, state };
    if (!known.includes(reported)) {
      known.push(reported);
    }
    return reported;
  };
  yield* eachSliced(assessments, (assessment) => {
    if (assessment.severity !== 'Kept') {
      const { workspaceID, userName } = assessment.finding.workspace;
      const { states } = workspaces.get(workspaceID) ?? { states: lists.empty };
      const reported = reportedAs(assessment.finding, eventKey(assessment));
      workspaces.set(workspaceID, { userName, states: lists.with(states, reported) });
    }
  });
  return {
    workspaces,
    undecided: new Map((unknown?.undecided ?? []).map(({ workspace, because }) => [workspace.workspaceID, because])),
    rejected: new Set((unknown?.gaps.listings ?? []).map(({ message }) => message)),
  };
}

/** Returns the state in which an association was reported. Undefined if it wasn't, or was only kept. */
function reportedState(before: EventState, { workspaceID, applicationID }: AssociationID): string | undefined {
  return before.workspaces.get(workspaceID)?.states.find((one) => one.applicationID === applicationID)?.state;
}

/** Restores the event state from a status after a restart, limited to the associations that the status lists. */
export function eventStateFromStatus(status: PolicyStatus | undefined): EventState {
  const byWorkspace = Map.groupBy(listedAssociations(status), ({ workspaceID }) => workspaceID);
  const workspaces = [...byWorkspace].map(([workspaceID, listed]): [string, ReportedWorkspace] => {
    const states = listed.map((one) => ({
      applicationID: one.associatedResourceID,
      application: one.applicationName ?? one.associatedResourceID,
      desired: one.verdict === 'Required' ? ('Present' as const) : ('Absent' as const),
      state: eventKeyFromStatus(one),
    }));
    return [workspaceID, { userName: listed[0]?.userName, states }];
  });
  return { ...NOTHING_REPORTED, workspaces: new Map(workspaces) };
}

/**
 * Returns the Events of a run: changes made, changes completed, failures, and new holds. One Event names all WorkSpaces with the same
 * message, because `kubectl describe` shows the Events below the table.
 */
export function* eventsOf(
  before: EventState,
  plan: Plan,
  assessments: Sequence<Assessment>,
  { made, failures }: Outcome,
  { maintenanceWindows }: Policy,
): Sliced<PolicyEvent[]> {
  const failed = new Set(failures.map(({ change: { finding } }) => finding.workspace.workspaceID));
  const began = yield* pickSliced(
    assessments,
    (one) =>
      reportedState(before, associationIDOf(one.finding)) !== eventKey(one) &&
      !failed.has(one.finding.workspace.workspaceID),
  );
  const [reverts, others] = [made.filter(isRevertMade), made.filter((one) => !isRevertMade(one))];
  const of = (action: Made['action'], from = others) =>
    from.filter((one) => one.action === action).map(subjectOfChange);
  const isInWindow = ({ sentAt }: Made) => windowState(maintenanceWindows, sentAt).isOpen;
  const [inWindow, afterWindow] = [made.filter(isInWindow), made.filter((one) => !isInWindow(one))];
  const ended = Map.groupBy(yield* endedSince(before, plan, assessments), ({ desired }) => desired);
  const installed = ended.get('Present') ?? [];
  const removed = ended.get('Absent') ?? [];
  return [
    ...eventsFor(of('Disassociate'), 'Normal', 'Disassociated', (what, where) => `Disassociated ${what} from ${where}`),
    ...eventsFor(of('Associate'), 'Normal', 'Associated', (what, where) => `Associated ${what} with ${where}`),
    ...eventsFor(of('Associate', reverts), 'Normal', 'Reverted', (what, where) => {
      return `Reverted the removal of ${what} from ${where}, because no policy requests it`;
    }),
    ...eventsFor(of('Disassociate', reverts), 'Normal', 'Reverted', (what, where) => {
      return `Reverted the installation of ${what} on ${where}, because no policy requests it`;
    }),
    ...eventsFor(deploymentsIn(inWindow), 'Normal', 'Deploying', (what, where) => `Deploying ${what} on ${where}`),
    ...eventsFor(deploymentsIn(afterWindow), 'Normal', 'Deploying', (what, where) => {
      const why = 'to complete changes that started in it';
      return `Deploying ${what} on ${where} after the end of the maintenance window, ${why}`;
    }),
    ...eventsFor(removed, 'Normal', 'Removed', (what, where) => `Removed ${what} from ${where}`),
    ...eventsFor(installed, 'Normal', 'Installed', (what, where) => `Installed ${what} on ${where}`),
    ...failureEvents(failures),
    ...(yield* holdEvents(began)),
    ...unknownEvents(before, plan),
  ];
}

function isRevertMade({ findings }: Made): boolean {
  return findings.some(isRevert);
}

/** Returns one Event for each new cause for which WorkSpaces stay unchanged, and for each newly rejected listing. */
function unknownEvents(before: EventState, { undecided, gaps }: Plan): PolicyEvent[] {
  const began = undecided.filter(({ workspace, because }) => before.undecided.get(workspace.workspaceID) !== because);
  const rejected = gaps.listings.filter(({ message }) => !before.rejected.has(message));
  return [
    ...[...Map.groupBy(began, ({ because }) => because)].map(([because, same]) => {
      const where = namesIn(same.map(({ workspace }) => workspaceSubject(workspace)));
      return { type: 'Warning' as const, reason: 'Undecided', message: `Left ${where} unchanged: ${because}` };
    }),
    ...rejected.map(({ kind, message }) => ({ type: 'Warning' as const, reason: kind, message })),
  ].map((event) => ({ ...event, message: sanitize(event.message, MAX_MESSAGE) }));
}

function workspaceSubject({ workspaceID, userName }: Workspace): EventSubject {
  return { workspaceID, userName, application: '' };
}

/** Returns the changes that were in progress and are complete: AWS installed or removed the application, or stopped listing it. */
function* endedSince(
  before: EventState,
  { selected, gaps }: Plan,
  assessments: Sequence<Assessment>,
): Sliced<EventSubject[]> {
  const inProgress: (EventSubject & AssociationID)[] = [];
  yield* eachSliced(before.workspaces, ([workspaceID, { userName, states }]) => {
    for (const { state, ...reported } of states) {
      if (state === 'InProgress') {
        inProgress.push({ workspaceID, userName, ...reported });
      }
    }
  });
  if (inProgress.length === 0) {
    return [];
  }
  const wanted = new Set(inProgress.map(associationKey));
  const now = new Map<string, Assessment>();
  yield* eachSliced(assessments, (one) => {
    const key = associationKey(associationIDOf(one.finding));
    if (wanted.has(key)) {
      now.set(key, one);
    }
  });
  const isSelected = yield* setSliced(selected, ({ workspaceID }) => workspaceID);
  yield;
  const ended = inProgress.filter((subject) => {
    const { workspaceID, applicationID, desired } = subject;
    const current = now.get(associationKey(subject));
    const isInstalled = current?.finding.association.state === 'COMPLETED';
    const isListed = current !== undefined || !isSelected.has(workspaceID) || gaps.applications.has(applicationID);
    const isRemoved = isListed ? current?.severity === 'Removed' : true;
    return desired === 'Present' ? isInstalled : isRemoved;
  });
  return ended.sort(
    (a, b) => compareStrings(a.workspaceID, b.workspaceID) || compareStrings(a.applicationID, b.applicationID),
  );
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
    const where = namesIn(same.map(({ change }) => ({ ...change.finding.workspace, application: '' })));
    const message = sanitize(`${details.operation} failed on ${where}: ${details.reason}`, MAX_MESSAGE);
    return [{ type: 'Warning' as const, reason: kind, message }];
  });
}

/** Holds that begin with a failure, or that require manual action. */
const WARNING_HOLDS: ReadonlySet<string> = new Set<HoldReason>(['SafeguardExceeded', 'BackingOff', 'RolloutHalted']);

/** Holds and failures with the same message. */
interface HoldGroup {
  readonly first: Assessment;
  readonly subjects: EventSubjects;
}

function* holdEvents(assessments: Iterable<Assessment>): Sliced<PolicyEvent[]> {
  const messageOf = ({ held, message }: Assessment) => held?.message ?? message;
  const groups = new Map<string, HoldGroup>();
  yield* eachSliced(assessments, (one) => {
    if (one.held === undefined && one.severity !== 'Held' && one.severity !== 'Failed') {
      return;
    }
    const key = `${eventKey(one)} ${heldSentence(one, '', '')} ${messageOf(one)}`;
    const group = groups.get(key) ?? { first: one, subjects: new EventSubjects() };
    groups.set(key, group);
    group.subjects.add(subjectOf(one));
  });
  return [...groups.values()].flatMap(({ first, subjects }) => {
    const reason = holdReasonOf(first) ?? 'Failed';
    const isWarning = first.severity === 'Failed' || WARNING_HOLDS.has(reason);
    const say = (what: string, where: string) => `${heldSentence(first, what, where)}: ${messageOf(first)}`;
    return eventsForEach(subjects, isWarning ? 'Warning' : 'Normal', reason, say);
  });
}

/** Returns what a held change leaves as it is. */
function heldSentence({ finding }: Assessment, what: string, where: string): string {
  const { desired, association } = finding;
  if (isRevert(finding)) {
    return `The ${desired === 'Present' ? 'removal' : 'installation'} of ${what} stays pending on ${where}`;
  }
  const isMissing = desired === 'Present' && association.state !== 'COMPLETED';
  return `${what} ${isMissing ? "isn't installed" : 'stays'} on ${where}`;
}

/** Returns one Event for each application. */
function eventsFor(
  subjects: readonly EventSubject[],
  type: PolicyEvent['type'],
  reason: string,
  say: (what: string, where: string) => string,
): PolicyEvent[] {
  return eventsForEach(new EventSubjects(subjects), type, reason, say);
}

function eventsForEach(
  subjects: EventSubjects,
  type: PolicyEvent['type'],
  reason: string,
  say: (what: string, where: string) => string,
): PolicyEvent[] {
  return subjects.byApplication().map(([application, where]) => ({
    type,
    reason,
    message: sanitize(say(sanitize(application), where), MAX_MESSAGE),
  }));
}

function subjectOf({ finding: { workspace, application, desired } }: Assessment): EventSubject {
  const { workspaceID, userName } = workspace;
  return { workspaceID, userName, application: application.name ?? application.applicationID, desired };
}

function subjectOfChange({ workspace: { workspaceID, userName }, findings }: Made): EventSubject {
  return { workspaceID, userName, application: findings.map(applicationIn).join(', ') };
}

/** Returns the started deployments, each with the changes that it carries out. */
function deploymentsIn(made: readonly Made[]): EventSubject[] {
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

/** Returns the `eventKey` of an association from a status. */
function eventKeyFromStatus({ holdReason, verdict, action, state = '' }: ListedAssociation): string {
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

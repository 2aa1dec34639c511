import type { AssociationID } from '../fleet/associationID.ts';
import { isTransitioning } from '../fleet/states.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import type { Sequence } from '../sequence.ts';
import { SharedLists } from '../sharedLists.ts';
import { eachSliced, type Sliced } from '../slices.ts';
import { type Assessment, eventKey } from './assessment.ts';
import { type ListedAssociation, listedAssociations, type PolicyStatus } from './resource.ts';

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
export function reportedState(before: EventState, { workspaceID, applicationID }: AssociationID): string | undefined {
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

import { compareStrings } from '../compare.ts';
import type { Made } from '../execute/outcome.ts';
import { type AssociationID, associationKey } from '../fleet/associationID.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import { associationIDOf, isRevert, type Plan } from '../plan/plan.ts';
import { windowState } from '../plan/window.ts';
import type { Policy } from '../policy/policy.ts';
import type { Sequence } from '../sequence.ts';
import { eachSliced, type Sliced, setSliced } from '../slices.ts';
import type { Assessment } from './assessment.ts';
import { applicationText, eventsFor, type PolicyEvent } from './eventMessages.ts';
import type { EventState } from './eventState.ts';
import type { EventSubject } from './eventSubjects.ts';
import { isDeployedReplacement, isOfRejectedReplacement, replacedAmong, replacementOf } from './replacements.ts';

/** Returns the Events of the changes that a run made. */
export function madeEvents(made: readonly Made[], { maintenanceWindows }: Policy): PolicyEvent[] {
  const [reverts, others] = [made.filter(isRevertMade), made.filter((one) => !isRevertMade(one))];
  const of = (action: Made['action'], from = others) =>
    from.filter((one) => one.action === action && !isDeployedReplacement(one, made)).map(subjectOfChange);
  const ofRejected = ({ findings }: Made) => findings.some(isOfRejectedReplacement);
  const isInWindow = ({ sentAt }: Made) => windowState(maintenanceWindows, sentAt).isOpen;
  const [inWindow, afterWindow] = [made.filter(isInWindow), made.filter((one) => !isInWindow(one))];
  return [
    ...eventsFor(of('Disassociate'), 'Normal', 'Disassociated', (what, where) => `Disassociated ${what} from ${where}`),
    ...eventsFor(of('Associate'), 'Normal', 'Associated', (what, where) => `Associated ${what} with ${where}`),
    ...eventsFor(
      of(
        'Associate',
        reverts.filter((one) => !ofRejected(one)),
      ),
      'Normal',
      'Reverted',
      (what, where) => `Reverted the removal of ${what} from ${where}, because no policy requests it`,
    ),
    ...eventsFor(
      of('Associate', reverts.filter(ofRejected)),
      'Normal',
      'Reverted',
      (what, where) => `Reverted the removal of ${what} from ${where}, because its replacement can't be installed`,
    ),
    ...eventsFor(of('Disassociate', reverts), 'Normal', 'Reverted', (what, where) => {
      return `Reverted the installation of ${what} on ${where}, because no policy requests it`;
    }),
    ...eventsFor(deploymentsIn(inWindow), 'Normal', 'Deploying', (what, where) => `Deploying ${what} on ${where}`),
    ...eventsFor(deploymentsIn(afterWindow), 'Normal', 'Deploying', (what, where) => {
      const why = 'to complete changes that started in it';
      return `Deploying ${what} on ${where} after the end of the maintenance window, ${why}`;
    }),
  ];
}

/** Returns the Events of the changes that AWS has completed. */
export function* endedEvents(before: EventState, plan: Plan, assessments: Sequence<Assessment>): Sliced<PolicyEvent[]> {
  const ended = Map.groupBy(yield* endedSince(before, plan, assessments), ({ desired }) => desired);
  const { replaced, installed, removed } = replacedAmong(ended.get('Present') ?? [], ended.get('Absent') ?? []);
  return [
    ...eventsFor(replaced, 'Normal', 'Replaced', (what, where) => `Replaced ${what} on ${where}`),
    ...eventsFor(removed, 'Normal', 'Removed', (what, where) => `Removed ${what} from ${where}`),
    ...eventsFor(installed, 'Normal', 'Installed', (what, where) => `Installed ${what} on ${where}`),
  ];
}

function isRevertMade({ findings }: Made): boolean {
  return findings.some(isRevert);
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

function subjectOfChange({ workspace: { workspaceID, userName }, findings, call }: Made): EventSubject {
  return { workspaceID, userName, application: findings.map(applicationText).join(', '), call };
}

/** Returns the started deployments, each with the changes that it carries out. */
function deploymentsIn(made: readonly Made[]): EventSubject[] {
  return made
    .filter(({ action }) => action === 'Deploy')
    .map(({ workspace: { workspaceID, userName }, findings, call }) => {
      const of = (desired: DesiredState) =>
        findings
          .filter((finding) => finding.desired === desired && replacementOf(finding) === undefined)
          .map(applicationText)
          .join(', ');
      const replacements = [...new Set(findings.flatMap((finding) => replacementOf(finding) ?? []))].join(', ');
      const parts = [
        { what: 'the replacement of', applications: replacements },
        { what: 'the removal of', applications: of('Absent') },
        { what: 'the installation of', applications: of('Present') },
      ].filter(({ applications }) => applications !== '');
      const application = parts.map(({ what, applications }) => `${what} ${applications}`).join(' and ');
      return { workspaceID, userName, application, call };
    });
}

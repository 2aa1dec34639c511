import type { Failure } from '../execute/outcome.ts';
import { type HoldReason, isRevert, type Plan } from '../plan/plan.ts';
import { sanitize } from '../sanitize.ts';
import { eachSliced, type Sliced } from '../slices.ts';
import { type Assessment, eventKey, holdReasonOf } from './assessment.ts';
import { eventsForEach, type PolicyEvent, workspaceSubject } from './eventMessages.ts';
import type { EventState } from './eventState.ts';
import { type EventSubject, EventSubjects, MAX_MESSAGE, messageFor } from './eventSubjects.ts';
import { replacementOf } from './replacements.ts';

/** Returns one Event for each cause of failed calls. */
export function failureEvents(failures: readonly Failure[]): PolicyEvent[] {
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
    const failed = same.map(({ change }) => workspaceSubject(change.finding.workspace));
    const message = messageFor(failed, (where) => `${details.operation} failed on ${where}: ${details.reason}`);
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

/** Returns one Event for each cause of new holds and failures. */
export function* holdEvents(assessments: Iterable<Assessment>): Sliced<PolicyEvent[]> {
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
  if (replacementOf(finding) !== undefined) {
    return `The replacement of ${what} waits on ${where}`;
  }
  const isMissing = desired === 'Present' && association.state !== 'COMPLETED';
  return `${what} ${isMissing ? "isn't installed" : 'stays'} on ${where}`;
}

/** Returns one Event for each new cause for which WorkSpaces stay unchanged, and for each newly rejected listing. */
export function unknownEvents(before: EventState, { undecided, gaps }: Plan): PolicyEvent[] {
  const began = undecided.filter(({ workspace, because }) => before.undecided.get(workspace.workspaceID) !== because);
  const rejected = gaps.listings.filter(({ message }) => !before.rejected.has(message));
  return [
    ...[...Map.groupBy(began, ({ because }) => because)].map(([because, same]) => {
      const unchanged = same.map(({ workspace }) => workspaceSubject(workspace));
      const message = messageFor(unchanged, (where) => `Left ${where} unchanged: ${because}`);
      return { type: 'Warning' as const, reason: 'Undecided', message };
    }),
    ...rejected.map(({ kind, message }) => ({
      type: 'Warning' as const,
      reason: kind,
      message: sanitize(message, MAX_MESSAGE),
    })),
  ];
}

function subjectOf({ finding }: Assessment): EventSubject {
  const { workspace, application, desired } = finding;
  const { workspaceID, userName } = workspace;
  const name = replacementOf(finding) ?? application.name ?? application.applicationID;
  return { workspaceID, userName, application: name, desired };
}

import type { Failure } from '../execute/outcome.ts';
import { isRevert, type Plan } from '../plan/plan.ts';
import { sanitize } from '../sanitize.ts';
import { filterSliced, groupSliced, type Sliced } from '../slices.ts';
import { type Assessment, eventKey, holdReasonOf } from './assessment.ts';
import {
  type EventSubject,
  eventsFor,
  MAX_MESSAGE,
  type PolicyEvent,
  workspaceList,
  workspaceSubject,
} from './eventMessages.ts';
import type { EventState } from './eventState.ts';
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
    const where = workspaceList(same.map(({ change }) => ({ ...change.finding.workspace, application: '' })));
    const message = sanitize(`${details.operation} failed on ${where}: ${details.reason}`, MAX_MESSAGE);
    return [{ type: 'Warning' as const, reason: kind, message }];
  });
}

/** Returns one Event for each cause of new holds and failures. */
export function* holdEvents(assessments: readonly Assessment[]): Sliced<PolicyEvent[]> {
  const reported = yield* filterSliced(
    assessments,
    ({ held, severity }) => held !== undefined || severity === 'Held' || severity === 'Failed',
  );
  const messageOf = ({ held, message }: Assessment) => held?.message ?? message;
  const keyOf = (one: Assessment) => `${eventKey(one)} ${heldSentence(one, '', '')} ${messageOf(one)}`;
  const groups = yield* groupSliced(reported, keyOf);
  yield;
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) {
      return [];
    }
    const reason = holdReasonOf(first) ?? 'Failed';
    const isWarning = first.severity === 'Failed' || reason === 'SafeguardExceeded' || reason === 'BackingOff';
    const say = (what: string, where: string) => `${heldSentence(first, what, where)}: ${messageOf(first)}`;
    return eventsFor(same.map(subjectOf), isWarning ? 'Warning' : 'Normal', reason, say);
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
      const where = workspaceList(same.map(({ workspace }) => workspaceSubject(workspace)));
      return { type: 'Warning' as const, reason: 'Undecided', message: `Left ${where} unchanged: ${because}` };
    }),
    ...rejected.map(({ kind, message }) => ({ type: 'Warning' as const, reason: kind, message })),
  ].map((event) => ({ ...event, message: sanitize(event.message, MAX_MESSAGE) }));
}

function subjectOf({ finding }: Assessment): EventSubject {
  const { workspace, application, desired } = finding;
  const { workspaceID, userName } = workspace;
  const name = replacementOf(finding) ?? application.name ?? application.applicationID;
  return { workspaceID, userName, application: name, desired };
}

import type { Outcome } from '../execute/outcome.ts';
import { associationIDOf, type Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { pickSliced, type Sequence } from '../sequence.ts';
import type { Sliced } from '../slices.ts';
import { type Assessment, eventKey } from './assessment.ts';
import { endedEvents, madeEvents } from './changeEvents.ts';
import type { PolicyEvent } from './eventMessages.ts';
import { type EventState, reportedState } from './eventState.ts';
import { failureEvents, holdEvents, unknownEvents } from './holdEvents.ts';
import { onePerReplacement } from './replacements.ts';

/**
 * Returns the Events of a run: changes made, changes completed, failures, and new holds. One Event names all WorkSpaces with the same
 * message, because `kubectl describe` shows the Events below the table.
 */
export function* eventsOf(
  before: EventState,
  plan: Plan,
  assessments: Sequence<Assessment>,
  { made, failures }: Outcome,
  policy: Policy,
): Sliced<PolicyEvent[]> {
  const failed = new Set(failures.map(({ change: { finding } }) => finding.workspace.workspaceID));
  const began = yield* pickSliced(
    assessments,
    (one) =>
      reportedState(before, associationIDOf(one.finding)) !== eventKey(one) &&
      !failed.has(one.finding.workspace.workspaceID),
  );
  return [
    ...madeEvents(made, policy),
    ...(yield* endedEvents(before, plan, assessments)),
    ...failureEvents(failures),
    ...(yield* holdEvents(yield* onePerReplacement(began))),
    ...unknownEvents(before, plan),
  ];
}

import type { Outcome } from '../execute/outcome.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { filterSliced, type Sliced } from '../slices.ts';
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
  assessments: readonly Assessment[],
  { made, failures }: Outcome,
  policy: Policy,
): Sliced<PolicyEvent[]> {
  const failed = new Set(failures.map(({ change: { finding } }) => finding.workspace.workspaceID));
  const began = yield* filterSliced(
    assessments,
    (one) =>
      reportedState(before, one.finding.association) !== eventKey(one) &&
      !failed.has(one.finding.workspace.workspaceID),
  );
  return [
    ...madeEvents(made, policy),
    ...(yield* endedEvents(before, plan, assessments)),
    ...failureEvents(failures),
    ...(yield* holdEvents(onePerReplacement(began))),
    ...unknownEvents(before, plan),
  ];
}

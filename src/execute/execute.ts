import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { stepsOf } from '../plan/steps.ts';
import type { ExecuteContext } from './context.ts';
import { type Outcome, OutcomeLog } from './outcome.ts';
import { executeOnWorkspace } from './workspace.ts';

/** Failures that the next WorkSpace would meet as well. */
const SAME_FOR_ALL: ReadonlySet<FleetErrorKind> = new Set(['Unauthenticated', 'Throttled']);
/** Failures that are no matter of single WorkSpaces if so many meet them in a row. */
const SAME_IF_REPEATED: ReadonlySet<FleetErrorKind> = new Set(['AccessDenied', 'Unavailable']);
const IN_A_ROW = 3;

/** Makes a plan's changes, WorkSpace by WorkSpace, each after a fresh read. Never rejects for a fleet's errors; they are in the outcome. */
export async function execute(plan: Plan, context: ExecuteContext): Promise<Outcome> {
  const outcome = new OutcomeLog();
  let inARow = 0;
  for (const steps of stepsOf(plan, context.policy)) {
    if (!context.isPlanCurrent() || !context.hasTime()) {
      outcome.interrupted = true;
      break;
    }
    const before = outcome.failures.length;
    await context.workspaces.run(steps.workspace.workspaceID, () => executeOnWorkspace(steps, context, outcome));
    const kinds = outcome.failures.slice(before).map(({ error }) => error.kind);
    inARow = kinds.some((kind) => SAME_IF_REPEATED.has(kind)) ? inARow + 1 : 0;
    if (inARow >= IN_A_ROW || kinds.some((kind) => SAME_FOR_ALL.has(kind))) {
      break;
    }
  }
  return outcome;
}

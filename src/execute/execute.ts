import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { stepsOf } from '../plan/steps.ts';
import type { ExecuteContext } from './context.ts';
import { type Outcome, OutcomeLog } from './outcome.ts';
import { executeOnWorkspace } from './workspace.ts';

/** Errors that would occur on all other WorkSpaces too. */
const FLEET_WIDE_ERRORS: ReadonlySet<FleetErrorKind> = new Set(['Unauthenticated', 'Throttled']);
/** Errors that count as fleet-wide after `MAX_CONSECUTIVE_ERRORS` WorkSpaces. */
const POSSIBLY_FLEET_WIDE_ERRORS: ReadonlySet<FleetErrorKind> = new Set([
  'AccessDenied',
  'Unavailable',
  'UnknownError',
]);
const MAX_CONSECUTIVE_ERRORS = 3;

/** Makes the changes of a plan by WorkSpace, each after a fresh read. Never rejects with a FleetError; the outcome contains the failures. */
export async function execute(plan: Plan, context: ExecuteContext): Promise<Outcome> {
  const outcome = new OutcomeLog();
  let consecutiveErrors = 0;
  for (const steps of stepsOf(plan, context.policy)) {
    if (!context.isPlanCurrent() || !context.hasTime()) {
      outcome.interrupted = true;
      break;
    }
    const before = outcome.failures.length;
    await context.workspaces.run(steps.workspace.workspaceID, () => executeOnWorkspace(steps, context, outcome));
    const kinds = outcome.failures.slice(before).map(({ error }) => error.kind);
    consecutiveErrors = kinds.some((kind) => POSSIBLY_FLEET_WIDE_ERRORS.has(kind)) ? consecutiveErrors + 1 : 0;
    if (consecutiveErrors >= MAX_CONSECUTIVE_ERRORS || kinds.some((kind) => FLEET_WIDE_ERRORS.has(kind))) {
      break;
    }
  }
  return outcome;
}

import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { stepsOf } from '../plan/steps.ts';
import type { ExecuteContext } from './context.ts';
import { type Outcome, OutcomeLog } from './outcome.ts';
import { executeOnWorkspace } from './workspace.ts';

/** Failures that the next WorkSpace would meet as well. */
const SAME_FOR_ALL: ReadonlySet<FleetErrorKind> = new Set(['Unauthenticated', 'Throttled', 'Cancelled']);
/** So many permissions denied in a row are no matter of single WorkSpaces. */
const DENIED_IN_A_ROW = 3;

/** Makes a plan's changes, WorkSpace by WorkSpace, each after a fresh read. Never rejects for a fleet's errors; they are in the outcome. */
export async function execute(plan: Plan, context: ExecuteContext): Promise<Outcome> {
  const outcome = new OutcomeLog();
  let denied = 0;
  for (const steps of stepsOf(plan, context.policy)) {
    if (!context.mayGoOn()) {
      outcome.interrupted = true;
      break;
    }
    const failuresBefore = outcome.failures.length;
    await context.workspaces.run(steps.workspace.workspaceId, () => executeOnWorkspace(steps, context, outcome));
    const kinds = outcome.failures.slice(failuresBefore).map(({ kind }) => kind);
    denied = kinds.includes('AccessDenied') ? denied + 1 : 0;
    if (denied >= DENIED_IN_A_ROW || kinds.some((kind) => SAME_FOR_ALL.has(kind))) {
      break;
    }
  }
  return outcome;
}

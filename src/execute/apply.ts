import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Decision } from '../plan/decide.ts';
import { disassociationsIn, type Plan } from '../plan/plan.ts';
import { stepsOf } from '../plan/steps.ts';
import type { ApplyContext, ExecuteContext } from './context.ts';
import { type Outcome, OutcomeLog } from './outcome.ts';
import { executeOnWorkspace } from './workspace.ts';

/** Errors that would occur on all other WorkSpaces too. */
const FLEET_WIDE_ERRORS: ReadonlySet<FleetErrorKind> = new Set(['Unauthenticated', 'Throttled', 'AuditLogUnavailable']);
/** Errors that count as fleet-wide after `MAX_CONSECUTIVE_ERRORS` WorkSpaces. */
const POSSIBLY_FLEET_WIDE_ERRORS: ReadonlySet<FleetErrorKind> = new Set([
  'AccessDenied',
  'Unavailable',
  'UnknownError',
]);
const MAX_CONSECUTIVE_ERRORS = 3;

/** Number of WorkSpaces that are read together with the one that is changed. */
const LOOKAHEAD = 100;

/** Maximum time a run spends on changes before it reports. The next run continues. */
const MAX_APPLY_MS = 10_000;

/**
 * Makes the changes of a plan, one WorkSpace at a time, each after a fresh read. Reserves the disassociations first. Never rejects with a
 * FleetError; the outcome contains the failures.
 *
 * @param decision decision of the run; of its plan, only the changes of `due` are made
 */
export async function apply(
  due: Plan,
  { approval }: Pick<Decision, 'approval'>,
  { snapshot, policies }: Pick<ExecuteContext, 'snapshot' | 'policies'>,
  context: ApplyContext,
): Promise<Outcome> {
  const { policy, quota, clock } = context;
  const deadline = clock.monotonic() + MAX_APPLY_MS;
  const reservation = await quota.reserve(disassociationsIn(due), clock.now());
  try {
    return await applyByWorkspace(due, {
      ...context,
      snapshot,
      policies,
      approval,
      reservation,
      isPlanCurrent: () => context.mayAct() && context.policiesOverlapping(policy) === policies,
      hasTime: () => clock.monotonic() < deadline,
    });
  } finally {
    reservation.close();
  }
}

async function applyByWorkspace(plan: Plan, context: ExecuteContext): Promise<Outcome> {
  const outcome = new OutcomeLog();
  let consecutiveErrors = 0;
  const upcoming = workspacesIn(plan);
  let index = 0;
  for (const steps of stepsOf(plan, context.policy)) {
    index++;
    const isInterrupted = index > 1 && context.hasNews?.() === true;
    if (!context.isPlanCurrent() || !context.hasTime() || isInterrupted) {
      outcome.interrupted = true;
      break;
    }
    const before = outcome.failures.length;
    await context.workspaces.run(steps.workspace.workspaceID, () =>
      executeOnWorkspace(steps, upcoming.slice(index, index + LOOKAHEAD), context, outcome),
    );
    const kinds = outcome.failures.slice(before).map(({ error }) => error.kind);
    consecutiveErrors = kinds.some((kind) => POSSIBLY_FLEET_WIDE_ERRORS.has(kind)) ? consecutiveErrors + 1 : 0;
    if (consecutiveErrors >= MAX_CONSECUTIVE_ERRORS || kinds.some((kind) => FLEET_WIDE_ERRORS.has(kind))) {
      break;
    }
  }
  return outcome;
}

function workspacesIn({ changes }: Plan): string[] {
  const ids = new Set<string>();
  for (const { finding } of changes) {
    ids.add(finding.workspace.workspaceID);
  }
  return [...ids];
}

import type { FleetError } from '../fleet/errors.ts';
import { type Attempts, attemptKey } from '../plan/backoff.ts';
import { ambiguityMessage } from '../plan/holds/ambiguousApplication.ts';
import type { Change, Plan } from '../plan/plan.ts';
import type { RolloutProgress } from '../plan/rollout.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { Blocker } from './conditions.ts';
import { rejectedListingsMessage } from './undecided.ts';

/** Kinds of errors that repeat until somebody fixes the cause. */
const TERMINAL_KINDS = new Set(['AccessDenied', 'Unauthenticated', 'InvalidParameterValues', 'OperationNotSupported']);

/** Kinds of failed changes that stall a policy until somebody fixes the cause. */
const STALLING_KINDS: ReadonlySet<string> = new Set(['AccessDenied', 'Unauthenticated', 'AuditLogUnavailable']);

/** Returns the blocker for failed reads; undefined if none failed. The operator never decides on incomplete data. */
export function readBlocker(failures: readonly FleetError[]): Blocker | undefined {
  const first = failures.find(({ kind }) => TERMINAL_KINDS.has(kind)) ?? failures[0];
  if (first === undefined) {
    return undefined;
  }
  const terminal = TERMINAL_KINDS.has(first.kind);
  const more = failures.length > 1 ? `; ${failures.length} reads failed in total` : '';
  return {
    reason: terminal || first.kind === 'Throttled' ? first.kind : 'ReadFailed',
    message: `the operator made no decision because a read failed: ${sanitize(first.message, 700)}${more}`,
    terminal,
  };
}

/** Returns the blocker that stops a plan as a whole; undefined if there is none. */
export function planBlocker(
  policy: Policy,
  plan: Plan,
  backoff: Attempts,
  rollout: RolloutProgress | undefined,
): Blocker | undefined {
  const { held } = plan;
  const ambiguous = ambiguityMessage(plan);
  if (ambiguous !== undefined) {
    return { reason: 'AmbiguousApplication', message: sanitize(ambiguous, 900), terminal: true };
  }
  const exceeded = held.find(({ reason }) => reason === 'SafeguardExceeded');
  if (exceeded !== undefined) {
    return { reason: 'SafeguardExceeded', message: exceeded.message, terminal: true };
  }
  const halted = held.find(({ reason }) => reason === 'RolloutHalted');
  if (halted !== undefined && rollout !== undefined) {
    return { reason: 'RolloutHalted', message: halted.message, terminal: !isRetrying(plan, rollout) };
  }
  for (const { change } of backoff.size === 0 ? [] : held) {
    const { kind, message } = backoff.get(attemptKey(policy, change)) ?? {};
    if (message !== undefined && kind !== undefined && STALLING_KINDS.has(kind)) {
      return { reason: kind, message: sanitize(message, 900), terminal: true };
    }
  }
  const [rejected] = plan.gaps.listings;
  const message = rejectedListingsMessage(plan.gaps.listings);
  return rejected && message !== undefined ? { reason: rejected.kind, message, terminal: true } : undefined;
}

/** Whether a failed deployment is in progress again, or will be repeated. */
function isRetrying({ changes, held }: Plan, { failed, inFlight }: RolloutProgress): boolean {
  const isFailed = ({ finding }: Change) => failed.has(finding.workspace.workspaceID);
  return (
    inFlight.size > 0 ||
    changes.some(isFailed) ||
    held.some(({ change, reason }) => reason !== 'Rejected' && isFailed(change))
  );
}

/** Returns the blocker of a fleet whose AWS identity couldn't be read. */
export function identityBlocker(error: FleetError): Blocker {
  const terminal = TERMINAL_KINDS.has(error.kind);
  return {
    reason: terminal || error.kind === 'Throttled' ? error.kind : 'Unavailable',
    message: `the operator couldn't read its AWS identity, so it reads and changes nothing: ${sanitize(error.message, 800)}`,
    terminal,
  };
}

import type { FleetError } from '../fleet/errors.ts';
import { type Attempts, attemptKey } from '../plan/backoff.ts';
import { ambiguityMessage } from '../plan/holds/ambiguousApplication.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { Blocker } from './conditions.ts';

/** What a person has to mend; the same call would fail again until then. */
const NEEDS_PERSON = new Set(['AccessDenied', 'Unauthenticated', 'InvalidParameterValues', 'OperationNotSupported']);

/** What failed reads mean for a policy: nothing is decided on a part of what it rests on. */
export function readBlocker(failures: readonly FleetError[]): Blocker | undefined {
  const first = failures.find(({ kind }) => NEEDS_PERSON.has(kind)) ?? failures[0];
  if (first === undefined) {
    return undefined;
  }
  const terminal = NEEDS_PERSON.has(first.kind);
  const more = failures.length > 1 ? `; ${failures.length} reads failed in all` : '';
  return {
    reason: terminal || first.kind === 'Throttled' ? first.kind : 'ReadFailed',
    message: `nothing was decided, since this read failed: ${sanitize(first.message, 700)}${more}`,
    terminal,
  };
}

/** What stands in the way of a plan as a whole. */
export function planBlocker(policy: Policy, plan: Plan, backoff: Attempts): Blocker | undefined {
  const { held } = plan;
  const ambiguous = ambiguityMessage(plan);
  if (ambiguous !== undefined) {
    return { reason: 'AmbiguousApplication', message: sanitize(ambiguous, 900), terminal: true };
  }
  const exceeded = held.find(({ reason }) => reason === 'SafeguardExceeded');
  if (exceeded !== undefined) {
    return { reason: 'SafeguardExceeded', message: exceeded.message, terminal: true };
  }
  for (const { change } of held) {
    const { kind, message } = backoff.get(attemptKey(policy, change)) ?? {};
    if (message !== undefined && (kind === 'AccessDenied' || kind === 'Unauthenticated')) {
      return { reason: kind, message: sanitize(message, 900), terminal: true };
    }
  }
  return undefined;
}

/** What it means for a fleet that AWS didn't say who the operator is. */
export function identityBlocker(error: FleetError): Blocker {
  const terminal = NEEDS_PERSON.has(error.kind);
  return {
    reason: terminal || error.kind === 'Throttled' ? error.kind : 'Unavailable',
    message: `nothing is read or changed, since AWS didn't say whose account this is: ${sanitize(error.message, 800)}`,
    terminal,
  };
}

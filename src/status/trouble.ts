import type { FleetError } from '../fleet/errors.ts';
import { type Attempts, attemptKey } from '../plan/attempts.ts';
import { ambiguityMessage } from '../plan/holds/ambiguousApplication.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { printable } from '../printable.ts';
import type { Trouble } from './conditions.ts';

/** What a person has to mend; the same call would fail again until then. */
const NEEDS_PERSON = new Set(['AccessDenied', 'Unauthenticated', 'InvalidParameterValues', 'OperationNotSupported']);

/** What failed reads mean for a policy: nothing is decided on a part of what it rests on. */
export function readTrouble(failures: readonly FleetError[]): Trouble | undefined {
  const first = failures.find(({ kind }) => NEEDS_PERSON.has(kind)) ?? failures[0];
  if (first === undefined) {
    return undefined;
  }
  const needsPerson = NEEDS_PERSON.has(first.kind);
  const more = failures.length > 1 ? `; ${failures.length} reads failed in all` : '';
  return {
    reason: needsPerson || first.kind === 'Throttled' ? first.kind : 'ReadFailed',
    message: `nothing was decided, since this read failed: ${printable(first.message, 700)}${more}`,
    needsPerson,
  };
}

/** What stands in the way of a plan as a whole. */
export function planTrouble(policy: Policy, plan: Plan, attempts: Attempts): Trouble | undefined {
  const { held } = plan;
  const ambiguous = ambiguityMessage(plan);
  if (ambiguous !== undefined) {
    return { reason: 'AmbiguousApplication', message: printable(ambiguous, 900), needsPerson: true };
  }
  const exceeded = held.find(({ reason }) => reason === 'SafeguardExceeded');
  if (exceeded !== undefined) {
    return { reason: 'SafeguardExceeded', message: exceeded.message, needsPerson: true };
  }
  for (const { change } of held) {
    const { kind, message } = attempts.get(attemptKey(policy, change)) ?? {};
    if (message !== undefined && (kind === 'AccessDenied' || kind === 'Unauthenticated')) {
      return { reason: kind, message: printable(message, 900), needsPerson: true };
    }
  }
  return undefined;
}

/** What it means for a fleet that AWS didn't say who the operator is. */
export function identityTrouble(error: FleetError): Trouble {
  const needsPerson = NEEDS_PERSON.has(error.kind);
  return {
    reason: needsPerson || error.kind === 'Throttled' ? error.kind : 'Unavailable',
    message: `nothing is read or changed, since AWS didn't say whose account this is: ${printable(error.message, 800)}`,
    needsPerson,
  };
}

import { type Backoff, backoffDelay } from '../backoff.ts';
import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Policy } from '../policy/policy.ts';

/**
 * When a failed call is retried: `Soon` for reads; `Later` with the backoff of the policy; `MuchLater` if a person must act first;
 * `Rejected` if AWS would reject the call until something changes, so that it is retried once a day.
 */
export type RetryClass = 'Soon' | 'Later' | 'MuchLater' | 'Rejected';

const DAY_MS = 24 * 60 * 60_000;

const BACKOFFS = {
  Soon: { baseMs: 5_000, maxMs: 5 * 60_000 },
  MuchLater: { baseMs: 5 * 60_000, maxMs: 30 * 60_000 },
  Rejected: { baseMs: DAY_MS, maxMs: DAY_MS },
} as const;

/** Returns when a failed change is retried. */
export function retryClass(kind: FleetErrorKind): RetryClass {
  switch (kind) {
    case 'AccessDenied':
    case 'Unauthenticated':
      return 'MuchLater';
    case 'Incompatible':
    case 'InvalidParameterValues':
    case 'OperationNotSupported':
      return 'Rejected';
    default:
      return 'Later';
  }
}

/** Returns the delay after a number of consecutive failures, in milliseconds. */
export function retryDelay(retry: RetryClass, failures: number, policy: Pick<Policy, 'retry'>): number {
  const backoff = retry === 'Later' ? policyBackoff(policy) : BACKOFFS[retry];
  return backoffDelay(backoff, failures - 1);
}

function policyBackoff({ retry: { baseMs, maxMs, factor } }: Pick<Policy, 'retry'>): Backoff {
  return { baseMs, maxMs, factor };
}

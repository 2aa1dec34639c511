import { type Backoff, backoffDelay } from '../backoff.ts';
import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Policy } from '../policy/policy.ts';

/**
 * When a failed call is retried: `Soon` for reads; `Later` with the backoff of the policy; `MuchLater` if a person must act first; `Never`
 * if AWS would reject the call until something changes.
 */
export type RetryClass = 'Soon' | 'Later' | 'MuchLater' | 'Never';

const BACKOFFS = {
  Soon: { baseMs: 5_000, maxMs: 5 * 60_000 },
  MuchLater: { baseMs: 5 * 60_000, maxMs: 30 * 60_000 },
} as const;

/** Returns when a failed change is retried. */
export function retryClass(kind: FleetErrorKind): RetryClass {
  switch (kind) {
    case 'AccessDenied':
    case 'Unauthenticated':
    // The incompatible application may be removed, or the bundle of the WorkSpace may change.
    case 'Incompatible':
      return 'MuchLater';
    case 'InvalidParameterValues':
    case 'OperationNotSupported':
      return 'Never';
    default:
      return 'Later';
  }
}

/** Returns the delay after a number of consecutive failures, in milliseconds. */
export function retryDelay(
  retry: Exclude<RetryClass, 'Never'>,
  failures: number,
  policy: Pick<Policy, 'retry'>,
): number {
  const backoff = retry === 'Later' ? policyBackoff(policy) : BACKOFFS[retry];
  return backoffDelay(backoff, failures - 1);
}

function policyBackoff({ retry: { baseMs, maxMs, factor } }: Pick<Policy, 'retry'>): Backoff {
  return { baseMs, maxMs, factor };
}

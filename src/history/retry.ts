import { type Backoff, backoffDelay } from '../backoff.ts';
import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Policy } from '../policy/policy.ts';

/** When a failed call is worth another: soon, as for a read; later, much later since a person has to act first, or not until something changes. */
export type RetryClass = 'Soon' | 'Later' | 'MuchLater' | 'Never';

/** Milliseconds: the first wait, and the longest. Each failure doubles it. When `Later` is, the policy says. */
const WAITS = {
  Soon: { baseMs: 5_000, maxMs: 5 * 60_000 },
  MuchLater: { baseMs: 5 * 60_000, maxMs: 30 * 60_000 },
} as const;

/** For a change. */
export function retryClass(kind: FleetErrorKind): RetryClass {
  switch (kind) {
    case 'AccessDenied':
    case 'Unauthenticated':
    // What it is incompatible with may be on its way out, or the WorkSpace be given another bundle.
    case 'Incompatible':
      return 'MuchLater';
    case 'InvalidParameterValues':
    case 'OperationNotSupported':
      return 'Never';
    default:
      return 'Later';
  }
}

/** Milliseconds to wait after the given number of failures in a row. */
export function retryDelay(
  retry: Exclude<RetryClass, 'Never'>,
  failures: number,
  policy: Pick<Policy, 'retry'>,
): number {
  const backoff = retry === 'Later' ? policyBackoff(policy) : WAITS[retry];
  return backoffDelay(backoff, failures - 1);
}

function policyBackoff({ retry: { baseMs, maxMs, factor } }: Pick<Policy, 'retry'>): Backoff {
  return { baseMs, maxMs, factor };
}

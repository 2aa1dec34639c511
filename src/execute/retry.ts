import type { FleetErrorKind } from '../fleet/errors.ts';
import type { Policy } from '../policy/policy.ts';

/** When a failed call is worth another: soon, as for a read; later, much later since a person has to act first, or not until something changes. */
export type RetryClass = 'Soon' | 'Later' | 'MuchLater' | 'Never';

/** Milliseconds: the first wait, and the longest. Each failure doubles it. When `Later` is, the policy says. */
const WAITS = {
  Soon: { first: 5_000, longest: 5 * 60_000 },
  MuchLater: { first: 5 * 60_000, longest: 30 * 60_000 },
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
export function backoff(retry: Exclude<RetryClass, 'Never'>, failures: number, policy: Pick<Policy, 'retry'>): number {
  const { first, factor, longest } = retry === 'Later' ? policy.retry : { ...WAITS[retry], factor: 2 };
  return Math.min(longest, first * factor ** Math.min(failures - 1, 16));
}

import type { BulkFlags } from '../commands/flags.ts';
import { requestAll, suspendRequest } from './policyRequest.ts';

/** Suspends policies and waits until the operator has handled it. */
export function suspendPolicies(names: readonly string[], flags: BulkFlags): Promise<void> {
  return requestAll('suspend', () => suspendRequest(true), names, flags);
}

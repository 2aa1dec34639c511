import type { BulkFlags } from '../commands/flags.ts';
import { requestAll } from './policyRequest.ts';

/** Suspends policies and waits until the operator has handled it. */
export function suspendPolicies(names: readonly string[], flags: BulkFlags): Promise<void> {
  const request = { patch: { spec: { suspend: true } }, isHandled: () => true, done: 'suspended' };
  return requestAll('suspend', () => request, names, flags);
}

import type { BulkFlags } from '../commands/flags.ts';
import { requestAll, suspendRequest } from './policyRequest.ts';

/** Resumes policies and waits until the operator has handled it. */
export function resumePolicies(names: readonly string[], flags: BulkFlags): Promise<void> {
  return requestAll('resume', () => suspendRequest(false), names, flags);
}

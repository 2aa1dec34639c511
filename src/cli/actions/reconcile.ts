import { systemClock } from '../../clock.ts';
import { RECONCILE_REQUESTED_AT_ANNOTATION } from '../../policy/annotations.ts';
import type { BulkFlags } from '../commands/flags.ts';
import { type PolicyRequest, requestAll } from './policyRequest.ts';

/** Requests a run of policies and waits until the operator has evaluated them. */
export function reconcilePolicies(names: readonly string[], flags: BulkFlags): Promise<void> {
  return requestAll('reconcile', reconcileRequest, names, flags);
}

function reconcileRequest(): PolicyRequest {
  const requestedAt = systemClock.now().toISOString();
  return {
    patch: { metadata: { annotations: { [RECONCILE_REQUESTED_AT_ANNOTATION]: requestedAt } } },
    isHandled: ({ status }) => status?.lastHandledReconcileAt === requestedAt,
    done: 'reconciled',
  };
}

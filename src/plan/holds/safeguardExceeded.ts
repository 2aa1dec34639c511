import type { Policy } from '../../policy/policy.ts';
import { formatShare, shareOf } from '../../policy/share.ts';
import { affectedWorkspaces, type Plan } from '../plan.ts';
import type { Hold } from './hold.ts';

/** Over the limit nothing of a plan is done: a subset of it would be arbitrary. */
export const safeguardExceeded: Hold = {
  reason: 'SafeguardExceeded',
  prepare: (plan, { policy }) => {
    const exceeded = exceededMessage(plan, policy);
    const message = `${exceeded}; nothing of it is done; if it is right, raise spec.safeguards.maxAffectedWorkspaces`;
    return () => (exceeded === undefined || policy.enforcement === 'Audit' ? undefined : { message });
  },
};

/** Says how a plan is over the limit; undefined if it isn't. */
export function exceededMessage(plan: Plan, { maxAffectedWorkspaces }: Policy): string | undefined {
  const affected = affectedWorkspaces(plan);
  const limit = shareOf(maxAffectedWorkspaces, plan.selected.length);
  const share =
    'percent' in maxAffectedWorkspaces ? ` (${formatShare(maxAffectedWorkspaces)} of ${plan.selected.length})` : '';
  return affected <= limit
    ? undefined
    : `the plan takes something from ${affected} WorkSpaces, and at most ${limit}${share} are allowed`;
}

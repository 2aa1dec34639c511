import type { Hold } from './hold.ts';
import { exceededMessage } from './safeguardExceeded.ts';

/** An Audit policy makes no changes. Its message also shows whether the plan exceeds the safeguard. */
export const audit: Hold = {
  reason: 'Audit',
  meaning: '`spec.enforcement` is `Audit`.',
  endsWhen: '`spec.enforcement` is `Approve` or `Enforce`.',
  appliesToReverts: true,
  prepare: (plan, { policy, approval }) => {
    if (policy.enforcement !== 'Audit') {
      return undefined;
    }
    const exceeded = exceededMessage(plan, policy, approval);
    const warning = exceeded === undefined ? '' : `; ${exceeded} (spec.safeguards.maxAffectedWorkspaces)`;
    const message = `spec.enforcement is Audit; to make changes, set it to Enforce${warning}`;
    return () => ({ message });
  },
};

import type { Hold } from './hold.ts';

const MESSAGE = 'spec.rollout.deploy is Manual; deploy the pending changes of the WorkSpace in AWS';

/** With `deploy: Manual`, users deploy the pending changes. */
export const manualDeploy: Hold = {
  reason: 'ManualDeploy',
  meaning: '`rollout.deploy` is `Manual`.',
  endsWhen: 'You deploy the pending changes of the WorkSpace in AWS.',
  prepare: (_, { policy }) =>
    policy.deploy === 'Manual' ? ({ action }) => (action === 'Deploy' ? { message: MESSAGE } : undefined) : undefined,
};

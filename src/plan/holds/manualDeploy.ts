import type { Hold } from './hold.ts';

const MESSAGE = 'spec.rollout.deploy is Manual; deploy the pending changes of the WorkSpace in AWS';

/** With `deploy: Manual` a person deploys. */
export const manualDeploy: Hold = {
  reason: 'ManualDeploy',
  prepare: (_, { policy }) =>
    policy.deploy === 'Manual' ? ({ action }) => (action === 'Deploy' ? { message: MESSAGE } : undefined) : undefined,
};

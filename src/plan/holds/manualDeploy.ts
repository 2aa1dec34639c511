import type { Hold } from './hold.ts';

/** With `deploy: Manual` a person deploys. */
export const manualDeploy: Hold = {
  reason: 'ManualDeploy',
  prepare:
    (_, { policy }) =>
    (change) =>
      change.action === 'Deploy' && policy.deploy === 'Manual'
        ? { message: 'spec.rollout.deploy is Manual; deploy the pending changes of the WorkSpace in AWS' }
        : undefined,
};

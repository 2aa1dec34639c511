import type { Hold } from './hold.ts';

/** The operator makes no changes in a suspended fleet. */
export const fleetSuspended: Hold = {
  reason: 'FleetSuspended',
  meaning: '`spec.suspend` of the WorkspaceFleet is true.',
  endsWhen: '`spec.suspend` of the fleet is false.',
  appliesToReverts: true,
  prepare: (_, { limits }) =>
    limits.suspend
      ? () => ({ message: 'the WorkspaceFleet is suspended; to resume changes, set its spec.suspend to false' })
      : undefined,
};

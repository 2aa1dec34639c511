import type { Hold } from './hold.ts';

/** The stop switch of a fleet: while it is thrown, nothing is changed there. */
export const fleetSuspended: Hold = {
  reason: 'FleetSuspended',
  prepare: (_, { limits }) =>
    limits.suspend
      ? () => ({ message: 'the WorkspaceFleet is suspended; its spec.suspend: false lets changes go on' })
      : undefined,
};

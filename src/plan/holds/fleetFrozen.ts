import type { Hold } from './hold.ts';

/** The stop switch of a fleet: while it is thrown, nothing is changed there. */
export const fleetFrozen: Hold = {
  reason: 'FleetFrozen',
  prepare: (_, { terms }) =>
    terms.freeze
      ? () => ({ message: 'the WorkspaceFleet is frozen; its spec.freeze: false lets changes go on' })
      : undefined,
};

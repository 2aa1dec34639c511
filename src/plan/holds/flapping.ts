import type { RecentRemovals } from '../backoff.ts';
import type { Finding } from '../plan.ts';
import type { Held, Hold } from './hold.ts';

/** So many removals of one application from one WorkSpace, within so many milliseconds, are enough. */
const REMOVALS = 3;
export const FLAPPING_WITHIN = 24 * 3_600_000;

/** What comes back again and again is left for a while: somebody or something wants it there. */
export const flapping: Hold = {
  reason: 'Flapping',
  prepare: (_, { removals, now }) =>
    removals.size === 0
      ? undefined
      : ({ action, finding }) => (action === 'Disassociate' ? flappingOf(finding, removals, now) : undefined),
};

function flappingOf({ association }: Finding, removals: RecentRemovals, now: Date): Held | undefined {
  const recent = removals.timesOf(association).filter((time) => now.getTime() - time < FLAPPING_WITHIN);
  const first = recent.at(-REMOVALS);
  return first === undefined
    ? undefined
    : {
        message: `it was removed ${recent.length} times within a day and came back each time; find out who or what brings it back`,
        until: new Date(first + FLAPPING_WITHIN),
      };
}

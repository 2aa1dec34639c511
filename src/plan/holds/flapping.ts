import type { RecentRemovals } from '../backoff.ts';
import type { Finding } from '../plan.ts';
import type { Held, Hold } from './hold.ts';

/** Number of removals of one application from one WorkSpace within `FLAPPING_PERIOD_MS` from which it counts as flapping. */
const MAX_REMOVALS = 3;
export const FLAPPING_PERIOD_MS = 24 * 3_600_000;

/** An application that repeatedly comes back is not removed again for a while, because a person or a system requires it. */
export const flapping: Hold = {
  reason: 'Flapping',
  meaning: `The application came back after ${MAX_REMOVALS} removals within 24 hours. Find out what installs it.`,
  endsWhen: '24 hours after the first of these removals.',
  prepare: (_, { history: { removals }, now }) =>
    removals.size === 0
      ? undefined
      : ({ action, finding }) => (action === 'Disassociate' ? flappingOf(finding, removals, now) : undefined),
};

function flappingOf({ association }: Finding, removals: RecentRemovals, now: Date): Held | undefined {
  const recent = removals.timesOf(association).filter((time) => now.getTime() - time < FLAPPING_PERIOD_MS);
  const first = recent.at(-MAX_REMOVALS);
  return first === undefined
    ? undefined
    : {
        message: `the application was removed ${recent.length} times within 24 hours and came back each time; find out what installs it`,
        until: new Date(first + FLAPPING_PERIOD_MS),
      };
}

import type { Hold } from './hold.ts';

/** The operator doesn't decide between policies that contradict each other. */
export const conflict: Hold = {
  reason: 'Conflict',
  meaning: 'Policies of equal priority contradict each other. The message names those of the same namespace.',
  endsWhen: 'One of them has a higher `priority`, an entry is removed, or an exception applies.',
  appliesToReverts: true,
  prepare:
    () =>
    ({ finding: { verdict, because, unredacted } }) =>
      verdict === 'Conflict'
        ? { message: messageFor(because), unredacted: unredacted === undefined ? undefined : messageFor(unredacted) }
        : undefined,
};

function messageFor(because: string): string {
  return `policies contradict each other, so no change is made: ${because}`;
}

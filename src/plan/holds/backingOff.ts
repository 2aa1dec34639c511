import { attemptKey, isBackingOff } from '../attempts.ts';
import type { Change } from '../plan.ts';
import type { Hold } from './hold.ts';

/** How long a failed deployment is left alone before it is repeated for the first time, in milliseconds. */
const FIRST_REPETITION = 30_000;

/** What AWS has just failed, or refused for now, is tried again later, and later each time. */
export const backingOff: Hold = {
  reason: 'BackingOff',
  prepare:
    (_, { policy, attempts, now }) =>
    (change) => {
      const last = attempts.get(attemptKey(policy, change));
      if (last !== undefined) {
        return isBackingOff(change, policy, attempts, now) ? { message: last.message, until: last.retryAt } : undefined;
      }
      const first = firstRepetition(change);
      return first !== undefined && first.until > now ? first : undefined;
    },
};

function firstRepetition({ finding: { association } }: Change): { message: string; until: Date } | undefined {
  const { state, lastUpdatedTime, stateReason } = association;
  if (state !== 'ERROR' || lastUpdatedTime === undefined) {
    return undefined;
  }
  const said = stateReason?.errorMessage === undefined ? '' : `: ${stateReason.errorMessage}`;
  return {
    message: `the deployment ended with ${stateReason?.errorCode ?? 'an error'}${said}`,
    until: new Date(lastUpdatedTime.getTime() + FIRST_REPETITION),
  };
}

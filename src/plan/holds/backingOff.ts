import { attemptKey } from '../attempts.ts';
import type { Change } from '../plan.ts';
import type { Hold } from './hold.ts';

/** How long a failed deployment is left alone before it is repeated for the first time, in milliseconds. */
const FIRST_REPETITION = 30_000;

/** What AWS has just failed, or refused for now, is tried again later, and later each time. */
export const backingOff: Hold = {
  reason: 'BackingOff',
  prepare:
    (_, { attempts, now }) =>
    (change) => {
      const { message, retryAt } = attempts.get(attemptKey(change)) ?? firstRepetition(change) ?? {};
      return message !== undefined && retryAt !== undefined && retryAt > now ? { message, until: retryAt } : undefined;
    },
};

function firstRepetition({ force, finding }: Change): { message: string; retryAt: Date } | undefined {
  const { lastUpdatedTime, stateReason } = finding.association;
  if (!force || lastUpdatedTime === undefined) {
    return undefined;
  }
  const said = stateReason?.errorMessage === undefined ? '' : `: ${stateReason.errorMessage}`;
  return {
    message: `the deployment ended with ${stateReason?.errorCode ?? 'an error'}${said}`,
    retryAt: new Date(lastUpdatedTime.getTime() + FIRST_REPETITION),
  };
}

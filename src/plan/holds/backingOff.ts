import { backoffDelay } from '../../backoff.ts';
import { lastAttempts, repetitionOf } from '../backoff.ts';
import type { Change } from '../plan.ts';
import type { Held, Hold, HoldContext } from './hold.ts';

/** Failed changes are retried with exponential backoff. */
export const backingOff: Hold = {
  reason: 'BackingOff',
  meaning: 'The last attempt failed, or AWS was busy. The delay grows after each failure.',
  endsWhen: 'The time in the message.',
  appliesToReverts: true,
  prepare: (_, context) => (change) => backOffOf(change, context),
};

/** Returns the failure that delays a change, and the time of the next attempt. Undefined if the change is not delayed. */
export function backOffOf(change: Change, context: Pick<HoldContext, 'policy' | 'history' | 'now'>): Held | undefined {
  const { policy, history, now } = context;
  const { state, stateReason, lastUpdatedTime } = change.finding.association;
  for (const { last } of lastAttempts(change, policy, history.backoff)) {
    if (last.retryAt !== undefined && last.retryAt > now) {
      return { message: last.message, until: last.retryAt };
    }
  }
  if (state !== 'ERROR' || stateReason === undefined) {
    return undefined;
  }
  const detail = stateReason.errorMessage === undefined ? '' : `: ${stateReason.errorMessage}`;
  const { count = 0, lastAt, isLimitReached = false } = repetitionOf(change, policy, history) ?? {};
  const times = [lastUpdatedTime, lastAt].flatMap((time) => time?.getTime() ?? []);
  const until = new Date(Math.max(...times) + backoffDelay(policy.retry, count));
  return times.length > 0 && until > now && !isLimitReached
    ? { message: `the deployment failed with ${stateReason.errorCode ?? 'an unknown error'}${detail}`, until }
    : undefined;
}

import { lastAttempts, retriesOf } from '../backoff.ts';
import type { Change } from '../plan.ts';
import type { Held, Hold, HoldContext } from './hold.ts';

/** Delay between a failed deployment and its first retry. */
const FIRST_RETRY_DELAY_MS = 30_000;

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
  const {
    policy,
    history: { backoff, retries },
    now,
  } = context;
  const { state, stateReason, lastUpdatedTime } = change.finding.association;
  for (const { last } of lastAttempts(change, policy, backoff)) {
    if (last.retryAt !== undefined && last.retryAt > now) {
      return { message: last.message, until: last.retryAt };
    }
  }
  if (state !== 'ERROR' || stateReason === undefined) {
    return undefined;
  }
  const detail = stateReason.errorMessage === undefined ? '' : `: ${stateReason.errorMessage}`;
  const retry = retriesOf(change, policy, retries);
  const firstRetryAt = lastUpdatedTime && new Date(lastUpdatedTime.getTime() + FIRST_RETRY_DELAY_MS);
  const until = retry === undefined ? firstRetryAt : retry.retryAt;
  return until !== undefined && until > now
    ? { message: `the deployment failed with ${stateReason.errorCode ?? 'an unknown error'}${detail}`, until }
    : undefined;
}

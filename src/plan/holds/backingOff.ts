import { lastAttempts } from '../backoff.ts';
import type { Change } from '../plan.ts';
import type { Held, Hold, HoldContext } from './hold.ts';

/** How long a failed deployment is left alone before it is repeated for the first time, in milliseconds. */
const FIRST_REPETITION = 30_000;

/** What AWS has just failed, or refused for now, is tried again later, and later each time. */
export const backingOff: Hold = {
  reason: 'BackingOff',
  prepare: (_, context) => (change) => backOffOf(change, context),
};

/** What a change backs off from, and until when. */
export function backOffOf(
  change: Change,
  context: Pick<HoldContext, 'policy' | 'backoff' | 'retries' | 'now'>,
): Held | undefined {
  const { policy, backoff, retries, now } = context;
  const { workspaceID, state, stateReason, lastUpdatedTime } = change.finding.association;
  for (const { last } of lastAttempts(change, policy, backoff)) {
    if (last.retryAt !== undefined && last.retryAt > now) {
      return { message: last.message, until: last.retryAt };
    }
  }
  if (state !== 'ERROR' || stateReason === undefined) {
    return undefined;
  }
  const said = stateReason.errorMessage === undefined ? '' : `: ${stateReason.errorMessage}`;
  const repetition = change.force ? retries.get(workspaceID, policy) : undefined;
  const first = lastUpdatedTime && new Date(lastUpdatedTime.getTime() + FIRST_REPETITION);
  const until = repetition === undefined ? first : repetition.retryAt;
  return until !== undefined && until > now
    ? { message: `the deployment ended with ${stateReason.errorCode ?? 'an error'}${said}`, until }
    : undefined;
}

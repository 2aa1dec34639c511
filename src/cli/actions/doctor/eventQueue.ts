import type { LazyEventQueue } from '../../../aws/lazyEventQueue.ts';
import { LISTING_RECEIVE_COUNT } from '../../../eventbridge/refreshSchedule.ts';
import { type CheckResult, check } from './check.ts';

/** Number of waiting messages from which the operator probably doesn't receive them. */
const MANY_MESSAGES = 1_000;
/**
 * Minimum number of deliveries before a message moves to the dead-letter queue. Failed reads and restarts of the operator cause deliveries,
 * and after some of them, a listing replaces the reads.
 */
const MIN_RECEIVE_COUNT = LISTING_RECEIVE_COUNT + 1;
/** Number of deliveries in the templates. */
const RECEIVE_COUNT = 20;

/** Checks a queue with the events of AWS. Receives no message. */
export function checkEventQueue(queue: Pick<LazyEventQueue, 'attributes'>): Promise<CheckResult> {
  return check('aws event queue', async () => {
    const { messages, maxReceiveCount } = await queue.attributes();
    if (maxReceiveCount === undefined) {
      return {
        result: 'warn',
        message: 'the queue has no dead-letter queue, so unreadable messages stay in it; add one with deploy/events',
      };
    }
    if (maxReceiveCount < MIN_RECEIVE_COUNT) {
      return {
        result: 'warn',
        message: `the queue moves messages to its dead-letter queue after ${maxReceiveCount} deliveries, before the operator has read the fleet instead; set maxReceiveCount to ${RECEIVE_COUNT}`,
      };
    }
    return messages >= MANY_MESSAGES
      ? { result: 'warn', message: `about ${messages} messages wait; check that the operator receives them` }
      : `about ${messages} messages wait`;
  });
}

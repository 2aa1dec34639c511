import type { LazyEventQueue } from '../../../aws/lazyEventQueue.ts';
import { LISTING_RECEIVE_COUNT, MAX_RECEIVE_COUNT } from '../../../eventbridge/receiveCounts.ts';
import { FleetError } from '../../../fleet/errors.ts';
import { isInOtherRegion } from '../../../policy/parseFleet.ts';
import { type CheckResult, check } from './check.ts';

/** Number of waiting messages from which the operator probably doesn't receive them. */
const MANY_MESSAGES = 1_000;
/** Number of deliveries with which a listing can replace the reads of a message before it moves to the dead-letter queue. */
const MIN_RECEIVE_COUNT = LISTING_RECEIVE_COUNT + 1;

/** Receipt handle of no message. IAM checks the permission first. */
const NO_MESSAGE = 'wsap-doctor';

/**
 * Checks a queue with the events of AWS, and the permissions for its messages. Receives no message, because that counts as a delivery.
 *
 * @param region region of the fleet, in which the queue must be
 */
export function checkEventQueue(
  queue: Pick<LazyEventQueue, 'attributes' | 'delete' | 'changeVisibility'>,
  queueURL: string,
  region: string,
): Promise<CheckResult> {
  return check('aws event queue', async () => {
    if (isInOtherRegion(queueURL, region)) {
      throw new Error(
        `the queue ${queueURL} is not in ${region}; set --region to the region of the fleet, and use a queue in this region`,
      );
    }
    const { messages, maxReceiveCount } = await queue.attributes();
    await assertAllowed(() => queue.delete([NO_MESSAGE]));
    await assertAllowed(() => queue.changeVisibility([NO_MESSAGE], 0));
    if (maxReceiveCount === undefined) {
      return {
        result: 'warn',
        message: 'the queue has no dead-letter queue, so unreadable messages stay in it; add one with deploy/events',
      };
    }
    if (maxReceiveCount < MIN_RECEIVE_COUNT) {
      return {
        result: 'warn',
        message: `the queue moves messages to its dead-letter queue after ${maxReceiveCount} deliveries, before the operator has read the fleet instead; set maxReceiveCount to ${MAX_RECEIVE_COUNT}`,
      };
    }
    return messages >= MANY_MESSAGES
      ? { result: 'warn', message: `about ${messages} messages wait; check that the operator receives them` }
      : `about ${messages} messages wait`;
  });
}

/** Rejects if AWS denies a call. Other errors apply to the receipt handle. */
async function assertAllowed(call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof FleetError) || error.kind === 'AccessDenied') {
      throw error;
    }
  }
}

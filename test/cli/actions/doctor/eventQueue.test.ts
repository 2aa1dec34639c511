import { expect, test } from 'vitest';
import type { QueueAttributes } from '../../../../src/aws/eventQueue.ts';
import { checkEventQueue } from '../../../../src/cli/actions/doctor/eventQueue.ts';
import { FleetError } from '../../../../src/fleet/errors.ts';

function checked(attributes: QueueAttributes) {
  return checkEventQueue({ attributes: async () => attributes });
}

test('a queue with a dead-letter queue and few messages is correct', async () => {
  expect(await checked({ messages: 999, maxReceiveCount: 11 })).toEqual({
    name: 'aws event queue',
    result: 'ok',
    message: 'about 999 messages wait',
  });
});

test.each<[string, QueueAttributes, RegExp]>([
  ['without a dead-letter queue', { messages: 0, maxReceiveCount: undefined }, /no dead-letter queue.*deploy\/events/],
  [
    'with too few deliveries',
    { messages: 0, maxReceiveCount: 10 },
    /after 10 deliveries, before the operator has read the fleet instead; set maxReceiveCount to 20/,
  ],
  ['with many messages', { messages: 1_000, maxReceiveCount: 20 }, /about 1000 messages wait; check that the operator/],
])('a queue %s is a warning', async (_, attributes, message) => {
  expect(await checked(attributes)).toMatchObject({ result: 'warn', message: expect.stringMatching(message) });
});

test.each(['ResourceNotFound', 'AccessDenied', 'Unavailable'] as const)(
  'a queue that fails with %s is a failed check with the error',
  async (kind) => {
    const error = new FleetError({ kind, operation: 'GetQueueAttributes', resource: 'wsap-events', reason: 'test' });
    expect(await checkEventQueue({ attributes: () => Promise.reject(error) })).toEqual({
      name: 'aws event queue',
      result: 'FAIL',
      message: error.message,
    });
    expect(error.message).toContain('wsap-events');
  },
);

import { expect, test } from 'vitest';
import type { QueueAttributes } from '../../../../src/aws/eventQueue.ts';
import { checkEventQueue } from '../../../../src/cli/actions/doctor/eventQueue.ts';
import { FleetError } from '../../../../src/fleet/errors.ts';

const done = async () => {};

const REGION = 'eu-central-1';
const QUEUE_URL = `https://sqs.${REGION}.amazonaws.com/123456789012/wsap-events`;

function checked(attributes: QueueAttributes, queueURL = QUEUE_URL) {
  const queue = { attributes: async () => attributes, delete: done, changeVisibility: done };
  return checkEventQueue(queue, queueURL, REGION);
}

test('a queue in another region is a failed check, although the identity can read it', async () => {
  const url = 'https://sqs.us-east-1.amazonaws.com/123456789012/wsap-events';
  expect(await checked({ messages: 0, maxReceiveCount: 20 }, url)).toEqual({
    name: 'aws event queue',
    result: 'FAIL',
    message: `the queue ${url} is not in eu-central-1; set --region to the region of the fleet, and use a queue in this region`,
  });
});

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
    const attributes = () => Promise.reject(error);
    expect(await checkEventQueue({ attributes, delete: done, changeVisibility: done }, QUEUE_URL, REGION)).toEqual({
      name: 'aws event queue',
      result: 'FAIL',
      message: error.message,
    });
    expect(error.message).toContain('wsap-events');
  },
);

test.each([
  ['delete', 'DeleteMessageBatch', 'sqs:DeleteMessage'],
  ['changeVisibility', 'ChangeMessageVisibilityBatch', 'sqs:ChangeMessageVisibility'],
] as const)(
  'a queue that denies to %s messages is a failed check with the permission',
  async (call, operation, action) => {
    const error = new FleetError({
      kind: 'AccessDenied',
      operation,
      resource: 'wsap-events',
      reason: `allow ${action}`,
    });
    const queue = {
      attributes: async () => ({ messages: 0, maxReceiveCount: 20 }),
      delete: done,
      changeVisibility: done,
    };
    expect(await checkEventQueue({ ...queue, [call]: () => Promise.reject(error) }, QUEUE_URL, REGION)).toMatchObject({
      result: 'FAIL',
      message: expect.stringContaining(action),
    });
  },
);

test('a queue that rejects the handle of no message is correct', async () => {
  const error = new FleetError({ kind: 'InvalidParameterValues', operation: 'DeleteMessageBatch', reason: 'handle' });
  const queue = { attributes: async () => ({ messages: 0, maxReceiveCount: 20 }), changeVisibility: done };
  expect(await checkEventQueue({ ...queue, delete: () => Promise.reject(error) }, QUEUE_URL, REGION)).toMatchObject({
    result: 'ok',
  });
});

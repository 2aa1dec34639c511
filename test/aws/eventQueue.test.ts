import { describe, expect, test } from 'vitest';
import { SqsEventQueue } from '../../src/aws/eventQueue.ts';
import { createQueueClient } from '../../src/aws/queueClient.ts';
import { RateLimitedClient } from '../../src/aws/rateLimitedClient.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { InstantClock } from '../fakes/clock.ts';
import { failureOf } from './harness.ts';
import { ok, type Received, type Reply, startServer } from './server.ts';

/** A queue whose host is not the endpoint: a request to it would fail. */
const URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/events';
const OPTIONS = { maxMessages: 10, waitSeconds: 20, visibilityTimeoutSeconds: 60 };
const NEVER = new AbortController().signal;

async function startQueue(script: readonly Reply[] | ((request: Received) => Reply)) {
  const server = await startServer(script);
  const clock = new InstantClock();
  const client = createQueueClient({
    region: 'eu-central-1',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    version: '1.2.3',
  });
  const rateLimiter = new RateLimiter({ callsPerSecond: 20, burst: 20, clock });
  const api = new RateLimitedClient({ client, rateLimiter, clock, random: () => 0.5, signal: NEVER });
  return { queue: new SqsEventQueue(api, URL), api, server, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

const sqsError = (type: string, message = 'as AWS says', status = 400): Reply => ({
  status,
  body: { __type: `com.amazonaws.sqs#${type}`, message },
});
const message = (id: string, more: object = {}) => ({
  MessageId: id,
  ReceiptHandle: `handle-${id}`,
  Body: '{}',
  Attributes: { SentTimestamp: '1764000000000', ApproximateReceiveCount: '2' },
  ...more,
});

describe('a queue', () => {
  test('sends its requests to the endpoint of the region, whatever the host of its URL is', async () => {
    await using harness = await startQueue([ok({ Messages: [message('1')] })]);
    expect(await harness.queue.receive(OPTIONS, NEVER)).toEqual([
      { messageID: '1', receiptHandle: 'handle-1', body: '{}', sentAt: new Date(1_764_000_000_000), receiveCount: 2 },
    ]);
    const [request] = harness.server.received;
    expect(request?.operation).toBe('AmazonSQS.ReceiveMessage');
    expect(request?.input).toEqual({
      QueueUrl: URL,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 20,
      VisibilityTimeout: 60,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
    });
    expect(request?.headers['user-agent']).toContain('wsap/1.2.3');
  });

  test('returns no messages if AWS omits the list, and accepts missing attributes', async () => {
    await using harness = await startQueue([ok({}), ok({ Messages: [message('1', { Attributes: undefined })] })]);
    expect(await harness.queue.receive(OPTIONS, NEVER)).toEqual([]);
    expect(await harness.queue.receive(OPTIONS, NEVER)).toEqual([
      { messageID: '1', receiptHandle: 'handle-1', body: '{}', sentAt: undefined, receiveCount: 1 },
    ]);
  });

  test('deletes messages in batches of 10, each handle once', async () => {
    await using harness = await startQueue([ok({ Successful: [], Failed: [] })]);
    const handles = Array.from({ length: 23 }, (_, index) => `h${index}`);
    await harness.queue.delete([...handles, 'h0']);
    const sent = harness.server.received.map(({ input }) => input.Entries as { Id: string; ReceiptHandle: string }[]);
    expect(sent.map((entries) => entries.length)).toEqual([10, 10, 3]);
    expect(sent.flat().map(({ ReceiptHandle }) => ReceiptHandle)).toEqual(handles);
    for (const entries of sent) {
      expect(new Set(entries.map(({ Id }) => Id)).size).toBe(entries.length);
    }
    await harness.queue.delete([]);
    expect(harness.server.received).toHaveLength(3);
  });

  test.each(['ReceiptHandleIsInvalid', 'InvalidParameterValue', 'AWS.SimpleQueueService.MessageNotInflight'])(
    'ignores an expired handle (%s)',
    async (Code) => {
      await using harness = await startQueue([ok({ Failed: [{ Id: '0', Code, SenderFault: true }] })]);
      await harness.queue.delete(['h']);
      await harness.queue.changeVisibility(['h'], 0);
      expect(harness.server.received).toHaveLength(2);
    },
  );

  test('reports a message of a batch that AWS could not delete', async () => {
    const failed = { Id: '1', Code: 'InternalError', Message: 'try again', SenderFault: false };
    await using harness = await startQueue([ok({ Failed: [failed] })]);
    const failure = await failureOf(harness.queue.delete(['a', 'b']));
    expect(failure).toMatchObject({
      kind: 'Unavailable',
      message: expect.stringMatching(/^DeleteMessageBatch for events: /),
    });
  });

  test('stops a long poll when its signal is aborted', async () => {
    const polled = Promise.withResolvers<void>();
    await using harness = await startQueue(() => {
      polled.resolve();
      return 'silence';
    });
    const controller = new AbortController();
    const receiving = failureOf(harness.queue.receive(OPTIONS, controller.signal));
    await polled.promise;
    controller.abort();
    expect((await receiving).kind).toBe('Canceled');
    expect(harness.api.calls()).toMatchObject([{ operation: 'ReceiveMessage', result: 'Canceled', count: 1 }]);
  });

  test('sends nothing if its signal is already aborted', async () => {
    await using harness = await startQueue([ok({})]);
    expect((await failureOf(harness.queue.receive(OPTIONS, AbortSignal.abort()))).kind).toBe('Canceled');
    expect(harness.server.received).toEqual([]);
  });

  test.each([
    ['no handle', [message('1', { ReceiptHandle: undefined })]],
    ['an empty ID', [message('')]],
    ['a handle of 5,000 characters', [message('1', { ReceiptHandle: 'x'.repeat(5_000) })]],
    ['a text as a message', ['x']],
    ['an object as the list', { 0: message('1') }],
  ])('rejects a response with %s', async (_, Messages) => {
    await using harness = await startQueue([ok({ Messages })]);
    expect((await failureOf(harness.queue.receive(OPTIONS, NEVER))).kind).toBe('InvalidResponse');
  });

  test('rejects an empty response that is not from AWS', async () => {
    await using harness = await startQueue([{ body: {}, requestId: undefined }]);
    expect((await failureOf(harness.queue.receive(OPTIONS, NEVER))).kind).toBe('InvalidResponse');
  });

  test('shows the number of waiting messages and the dead-letter queue', async () => {
    const redrive = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:123456789012:dead',
      maxReceiveCount: 5,
    });
    await using harness = await startQueue([
      ok({ Attributes: { ApproximateNumberOfMessages: '7', RedrivePolicy: redrive } }),
      ok({ Attributes: { ApproximateNumberOfMessages: '0', RedrivePolicy: 'not JSON' } }),
    ]);
    expect(await harness.queue.attributes()).toEqual({ messages: 7, maxReceiveCount: 5 });
    expect(await harness.queue.attributes()).toEqual({ messages: 0, maxReceiveCount: undefined });
  });
});

describe('an error of a queue', () => {
  test.each<[string, Reply, string, RegExp]>([
    [
      'a missing queue',
      sqsError('QueueDoesNotExist', 'The specified queue does not exist.'),
      'ResourceNotFound',
      /^ReceiveMessage for events: the queue doesn't exist in this region, .* check spec\.events\.queueURL of the fleet/,
    ],
    [
      'a missing permission',
      sqsError(
        'AccessDeniedException',
        'User: arn:aws:sts::123456789012:assumed-role/wsap/x is not authorized to perform: sqs:receivemessage on resource: arn:aws:sqs:eu-central-1:123456789012:events because no identity-based policy allows the sqs:receivemessage action',
        403,
      ),
      'AccessDenied',
      /lacks the IAM action sqs:ReceiveMessage on arn:aws:sqs:eu-central-1:123456789012:events; allow it in an IAM policy \(wsap iam --event-queue\)/,
    ],
    [
      'a missing permission without its name',
      sqsError('AccessDeniedException', 'Access to the resource is denied.', 403),
      'AccessDenied',
      /lacks the IAM action sqs:ReceiveMessage on events; /,
    ],
    [
      'a KMS key without permission',
      sqsError('KmsAccessDenied', 'The caller does not have access to the KMS key.'),
      'AccessDenied',
      /Enable the KMS key of the queue, and allow kms:Decrypt in its key policy and in an IAM policy/,
    ],
    ['a disabled KMS key', sqsError('KmsDisabled'), 'AccessDenied', /Enable the KMS key/],
    ['expired credentials', sqsError('ExpiredTokenException', '', 403), 'Unauthenticated', /no usable AWS credentials/],
    ['too many messages in flight', sqsError('OverLimit'), 'Throttled', /throttles/],
    ['a server error', sqsError('InternalError', 'x', 500), 'Unavailable', /HTTP 500|x/],
    [
      'a queue URL that AWS rejects',
      sqsError('InvalidAddress', 'The address is not valid.'),
      'InvalidParameterValues',
      /not valid/,
    ],
  ])('%s says what to do', async (_, reply, kind, text) => {
    await using harness = await startQueue([reply]);
    const failure = await failureOf(harness.queue.receive(OPTIONS, NEVER));
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(text);
  });
});

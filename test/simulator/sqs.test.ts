import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventPermissionsFor, permissionsFor } from '../../src/aws/permissions.ts';
import { SeedError, seedFrom } from '../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';

const QUEUES = [{ name: 'events', deadLetterQueue: 'dead-letters' }, { name: 'dead-letters' }];
const ARN = 'arn:aws:sqs:eu-central-1:123456789012:events';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ seed: seedFrom({ applications: [], queues: QUEUES }) });
});
beforeEach(() => simulator.queues.get('events')?.purge());
afterAll(() => simulator.close());

async function call(operation: string, input: object | string, url = simulator.url) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the members are asserted
  const body = (await response.json()) as any;
  return { status: response.status, type: body.__type?.replace('com.amazonaws.sqs#', ''), body };
}
const QueueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/events';
const entry = (Id: string) => ({ Id, ReceiptHandle: 'h' });

describe('SQS', () => {
  test('returns the URL of a queue, which its operations accept', async () => {
    const { body } = await call('GetQueueUrl', { QueueName: 'events' });
    expect(body.QueueUrl).toBe(`${simulator.url}/123456789012/events`);
    await call('SendMessage', { QueueUrl: body.QueueUrl, MessageBody: 'text' });
    const { body: received } = await call('ReceiveMessage', { QueueUrl: body.QueueUrl });
    expect(received.Messages).toMatchObject([{ Body: 'text', MD5OfBody: '1cb251ec0d568de6a929b520c4aed8d1' }]);
    expect(received.Messages[0]).not.toHaveProperty('Attributes');
    const [{ ReceiptHandle }] = received.Messages;
    expect((await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 5 })).status).toBe(200);
    expect((await call('DeleteMessage', { QueueUrl, ReceiptHandle })).status).toBe(200);
    expect((await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 5 })).type).toBe(
      'InvalidParameterValue',
    );
  });

  test('returns the requested attributes of a queue', async () => {
    await call('SendMessage', { QueueUrl, MessageBody: 'visible' });
    await call('SendMessage', { QueueUrl, MessageBody: 'delayed', DelaySeconds: 900 });
    const { body } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(body.Attributes).toEqual({
      QueueArn: ARN,
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
      VisibilityTimeout: '30',
      RedrivePolicy: `{"deadLetterTargetArn":"${ARN.replace('events', 'dead-letters')}","maxReceiveCount":20}`,
    });
    const { body: none } = await call('GetQueueAttributes', { QueueUrl });
    expect(none.Attributes).toEqual({});
  });

  test.each<[string, string, object | string, string]>([
    ['an unknown operation', 'CreateQueue', { QueueName: 'x' }, 'UnknownOperationException'],
    ['no JSON', 'ReceiveMessage', '{', 'SerializationException'],
    ['no queue', 'ReceiveMessage', {}, 'MissingParameter'],
    ['a number as the queue', 'ReceiveMessage', { QueueUrl: 5 }, 'InvalidParameterValue'],
    ['an address without an account', 'ReceiveMessage', { QueueUrl: 'https://host/events' }, 'InvalidAddress'],
    ['a missing queue', 'ReceiveMessage', { QueueUrl: QueueUrl.replace('events', 'x') }, 'QueueDoesNotExist'],
    [
      'a queue of another account',
      'ReceiveMessage',
      { QueueUrl: QueueUrl.replace('1234', '9999') },
      'QueueDoesNotExist',
    ],
    ['11 messages', 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 11 }, 'InvalidParameterValue'],
    ['a wait of 21 seconds', 'ReceiveMessage', { QueueUrl, WaitTimeSeconds: 21 }, 'InvalidParameterValue'],
    ['a visibility of 13 hours', 'ReceiveMessage', { QueueUrl, VisibilityTimeout: 46_800 }, 'InvalidParameterValue'],
    ['an empty message', 'SendMessage', { QueueUrl, MessageBody: '' }, 'MissingParameter'],
    ['an empty batch', 'DeleteMessageBatch', { QueueUrl, Entries: [] }, 'EmptyBatchRequest'],
    [
      'a batch of 11',
      'DeleteMessageBatch',
      { QueueUrl, Entries: Array.from({ length: 11 }, (_, index) => entry(String(index))) },
      'TooManyEntriesInBatchRequest',
    ],
    [
      'equal IDs in a batch',
      'DeleteMessageBatch',
      { QueueUrl, Entries: [entry('0'), entry('0')] },
      'BatchEntryIdsNotDistinct',
    ],
    ['an invalid handle', 'DeleteMessage', { QueueUrl, ReceiptHandle: 'h' }, 'ReceiptHandleIsInvalid'],
    ['no visibility', 'ChangeMessageVisibility', { QueueUrl, ReceiptHandle: 'h' }, 'MissingParameter'],
  ])('rejects %s', async (_, operation, input, type) => {
    expect(await call(operation, input)).toMatchObject({ type, status: 400 });
  });

  test('reports each failed message of a batch', async () => {
    const { body } = await call('DeleteMessageBatch', { QueueUrl, Entries: [entry('a')] });
    expect(body).toMatchObject({
      Successful: [],
      Failed: [{ Id: 'a', Code: 'ReceiptHandleIsInvalid', SenderFault: true }],
    });
  });

  test('has the faults of other calls', async () => {
    const fail = (fault: object) => simulator.faults.add({ operation: 'ReceiveMessage', times: 1, ...fault } as never);
    fail({ fault: 'Throttle' });
    expect((await call('ReceiveMessage', { QueueUrl })).type).toBe('ThrottlingException');
    fail({ fault: 'HttpError', status: 503 });
    expect((await call('ReceiveMessage', { QueueUrl })).status).toBe(503);
    fail({ fault: 'CloseConnection' });
    await expect(call('ReceiveMessage', { QueueUrl })).rejects.toThrow();
    fail({ fault: 'Html' });
    await expect(call('ReceiveMessage', { QueueUrl })).rejects.toThrow(/JSON/);
  });

  test('loses no message to a client that disconnects', async () => {
    const controller = new AbortController();
    const poll = fetch(simulator.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
      body: JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 }),
      signal: controller.signal,
    }).catch(() => 'aborted');
    controller.abort();
    expect(await poll).toBe('aborted');
    await call('SendMessage', { QueueUrl, MessageBody: 'kept' });
    const { body } = await call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 5 });
    expect(body.Messages).toMatchObject([{ Body: 'kept' }]);
  });
});

test('an IAM policy decides on the actions of SQS', async () => {
  const { Statement } = eventPermissionsFor([ARN]);
  const audit = permissionsFor('Audit', { partition: 'aws', account: '123456789012', regions: ['eu-central-1'] });
  for (const [iamPolicy, status] of [
    [audit, 403],
    [{ ...audit, Statement: [...audit.Statement, ...Statement] }, 200],
  ] as const) {
    const seed = seedFrom({ applications: [], queues: QUEUES, iamPolicy });
    const restricted = await startSimulator({ seed });
    const { status: actual, body } = await call('ReceiveMessage', { QueueUrl }, restricted.url);
    expect(actual).toBe(status);
    expect((await call('SendMessage', { QueueUrl, MessageBody: 'x' }, restricted.url)).type).toBe(
      'AccessDeniedException',
    );
    if (status === 403) {
      expect(body.message).toContain(`is not authorized to perform: sqs:receivemessage on resource: ${ARN}`);
    }
    await restricted.close();
  }
});

describe('the control endpoint', () => {
  const control = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${simulator.url}/_simulator${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return response.status === 204 ? 204 : { status: response.status, body: await response.json() };
  };

  test('sends, lists, and deletes messages with any text', async () => {
    expect(await control('POST', '/queues/events/messages', { text: 'forged' })).toBe(204);
    expect(await control('POST', '/queues/events/messages', { text: 'late', delay: '2h' })).toBe(204);
    expect(await control('GET', '/queues/events/messages')).toMatchObject({
      body: [{ body: 'forged' }, { body: 'late' }],
    });
    expect(await control('GET', '/queues')).toMatchObject({
      body: [{ name: 'dead-letters' }, { name: 'events', visible: 1, delayed: 1, inFlight: 0 }],
    });
    expect(await control('DELETE', '/queues/events/messages')).toBe(204);
    expect(await control('GET', '/queues/events/messages')).toMatchObject({ body: [] });
  });

  test('deletes and restores a queue', async () => {
    await control('DELETE', '/queues/events');
    expect((await call('ReceiveMessage', { QueueUrl })).type).toBe('QueueDoesNotExist');
    await control('PUT', '/queues/events');
    expect((await call('ReceiveMessage', { QueueUrl })).status).toBe(200);
  });

  test('rejects an unknown queue and an invalid message', async () => {
    expect(await control('DELETE', '/queues/x')).toMatchObject({ status: 404 });
    expect(await control('POST', '/queues/events/messages', { text: 5 })).toMatchObject({ status: 400 });
  });
});

test.each([
  ['a name twice', [{ name: 'a' }, { name: 'a' }], 'a is defined twice'],
  ['a missing dead-letter queue', [{ name: 'a', deadLetterQueue: 'b' }], 'b must be another queue'],
  ['itself as dead-letter queue', [{ name: 'a', deadLetterQueue: 'a' }], 'a must be another queue'],
])('a seed rejects %s', (_, queues, text) => {
  expect(() => seedFrom({ queues })).toThrow(SeedError);
  expect(() => seedFrom({ queues })).toThrow(text);
});

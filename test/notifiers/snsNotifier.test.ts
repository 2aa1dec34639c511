import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { snsRequest } from '../../src/notifications/formats/sns.ts';
import { composeMessage } from '../../src/notifications/message.ts';
import { SnsNotifier } from '../../src/notifiers/snsNotifier.ts';
import { NotificationReceiver } from '../notificationReceiver.ts';
import { noticeOf, providerWith, waitingPolicy } from '../notifications/policies.ts';

const topicARN = 'arn:aws:sns:eu-west-1:123456789012:desktops';
const PUBLISHED =
  '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';
const errorOf = (code: string) =>
  `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>s3cret</Message></Error></ErrorResponse>`;

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'simulated');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'simulated');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Returns a function that publishes a message, each time with the same notifier. */
function notifierOf(endpoint: string, stopping = new AbortController().signal) {
  const notifier = new SnsNotifier({ version: '1.2.3', endpoint, stopping });
  return (timeoutMs: number) => {
    const provider = providerWith({ type: 'sns', secretName: undefined, topicARN, timeoutMs });
    const batch = { messageID: 'message-1', notices: [noticeOf(waitingPolicy())] };
    const request = snsRequest(composeMessage(batch, provider, new Date('2027-01-02T00:00:00Z')), provider);
    return notifier.send(request, provider);
  };
}

function publish(endpoint: string, timeoutMs = 5_000, stopping = new AbortController().signal) {
  return notifierOf(endpoint, stopping)(timeoutMs);
}

test('publishes the message to the topic, signed for its region', async () => {
  await using receiver = await NotificationReceiver.start();
  receiver.answer = (response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(PUBLISHED);
  expect(await publish(receiver.url)).toEqual({ kind: 'Accepted' });
  expect(receiver.requests).toHaveLength(1);
  const [request] = receiver.requests;
  const parameters = new URLSearchParams(request?.body);
  expect(parameters.get('TopicArn')).toBe(topicARN);
  expect(parameters.get('Subject')).toBe('Plan 749a345130f395e3 of policy desktops/no-visio awaits approval');
  expect(parameters.get('Message')).toContain('kubectl wsap approve -n desktops no-visio 749a345130f395e3');
  expect(request?.headers.authorization).toContain('/eu-west-1/sns/aws4_request');
});

test.each([
  [403, 'AuthorizationError', 'Rejected', 'allow sns:Publish'],
  [404, 'NotFound', 'Rejected', 'correct topicARN'],
  [400, 'Throttled', 'Rejected', 'SNS returned'],
  [503, 'ServiceUnavailable', 'Rejected', 'SNS returned'],
  [500, 'InternalError', 'Unknown', 'may have accepted'],
])('HTTP %i with %s is %s, once, without text of AWS', async (status, code, kind, message) => {
  await using receiver = await NotificationReceiver.start();
  receiver.answer = (response) => response.writeHead(status, { 'content-type': 'text/xml' }).end(errorOf(code));
  const result = await publish(receiver.url);
  expect(result).toMatchObject({ kind, message: expect.stringContaining(message) });
  expect(JSON.stringify(result)).not.toContain('s3cret');
  expect(receiver.requests).toHaveLength(1);
});

test.each(['{', PUBLISHED.slice(0, 100)])('is unknown if SNS accepts it with an unreadable body: %s', async (body) => {
  await using receiver = await NotificationReceiver.start();
  receiver.answer = (response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(body);
  expect(await publish(receiver.url)).toMatchObject({ kind: 'Unknown' });
  receiver.answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/xml', 'content-length': '1000' });
    response.write(body, () => response.socket?.resetAndDestroy());
  };
  expect(await publish(receiver.url)).toMatchObject({ kind: 'Unknown' });
});

test('is unknown if the connection is reset or times out, and not accepted if there is none', async () => {
  await using receiver = await NotificationReceiver.start();
  receiver.answer = (response) => response.socket?.resetAndDestroy();
  expect(await publish(receiver.url)).toMatchObject({ kind: 'Unknown' });
  receiver.answer = () => {};
  expect(await publish(receiver.url, 3_000)).toMatchObject({ kind: 'Unknown' });
  const { url } = receiver;
  await receiver[Symbol.asyncDispose]();
  expect(await publish(url)).toMatchObject({ kind: 'Rejected' });
});

test('is unknown if the operator stops after the request was sent', async () => {
  await using receiver = await NotificationReceiver.start();
  const stopping = new AbortController();
  receiver.answer = () => stopping.abort();
  expect(await publish(receiver.url, 60_000, stopping.signal)).toMatchObject({
    kind: 'Unknown',
    message: expect.stringContaining('AbortError'),
  });
  expect(receiver.requests).toHaveLength(1);
});

test('is certainly not accepted if the credentials take too long', async () => {
  await using receiver = await NotificationReceiver.start();
  await using credentials = await NotificationReceiver.start();
  credentials.answer = () => {};
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${credentials.url}/`);
  expect(await publish(receiver.url, 500)).toMatchObject({
    kind: 'Rejected',
    message: expect.stringContaining('credentials'),
  });
  expect(receiver.requests).toEqual([]);
});

test('uses a new connection for each message', async () => {
  await using receiver = await NotificationReceiver.start();
  const ports = new Set<number | undefined>();
  receiver.answer = (response, { socket }) => {
    ports.add(socket.remotePort);
    response.writeHead(200, { 'content-type': 'text/xml' }).end(PUBLISHED);
  };
  const notifier = notifierOf(receiver.url);
  for (let n = 0; n < 2; n++) {
    expect(await notifier(5_000)).toEqual({ kind: 'Accepted' });
  }
  expect(ports.size).toBe(2);
});

import { describe, expect, test, vi } from 'vitest';
import { ApiError } from '../../../src/kube/apiError.ts';
import { PROVIDERS } from '../../../src/kube/resources.ts';
import type { DeliveryResult } from '../../../src/notifications/deliveryRecords.ts';
import type { ProviderType } from '../../../src/policy/notificationProvider.ts';
import { noticeOf, waitingPolicy } from '../../notifications/policies.ts';
import { ProviderCluster } from './providerCluster.ts';

const REQUESTED_AT = '2027-01-02T00:00:00.000Z';

/** Returns a provider with a request for a test message. */
function requested(type: ProviderType = 'slack', spec: object = {}, requestedAt = REQUESTED_AT): ProviderCluster {
  const cluster = new ProviderCluster(type, spec);
  cluster.requestTest(requestedAt);
  return cluster;
}

/** Runs a provider several times in each of two processes. */
async function runOften(cluster: ProviderCluster): Promise<void> {
  for (const process of [cluster.process(), cluster.process()]) {
    for (let run = 0; run < 3; run++) {
      await process.reconcile(cluster.object);
    }
  }
}

function reject(): never {
  throw new ApiError({ verb: 'patch', resource: PROVIDERS }, { code: 503, text: 'unavailable' });
}

/** Rejects the writes that follow a message. */
function rejectAfterMessage({ sent }: ProviderCluster): void {
  if (sent.length > 0) {
    reject();
  }
}

const lastTest = ({ object }: ProviderCluster) => object.status?.lastTest;

describe('a requested test message', () => {
  test('is sent once, also by the next process, and the status shows the result', async () => {
    const cluster = requested();
    await runOften(cluster);
    expect(cluster.sent.map(({ body }) => JSON.parse(body).text)).toEqual([
      '*Test message of the notification provider desktops*\n```\nThe operator can send messages to this receiver. No action is required.\n```',
    ]);
    expect(lastTest(cluster)).toMatchObject({ requestedAt: REQUESTED_AT, state: 'Sent' });
    expect(cluster.object.status).toHaveProperty('lastSentTime');
    expect(cluster.ready()).toBe('True ReconciliationSucceeded');
  });

  test('is not sent while the receiver demands a delay, which it demanded for the previous one', async () => {
    const cluster = requested();
    const process = cluster.process();
    cluster.result = { kind: 'Rejected', message: 'HTTP 429', retryAfterMs: 120_000 };
    await process.reconcile(cluster.object);
    cluster.result = { kind: 'Accepted' };
    cluster.requestTest('later');
    await process.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(1);
    expect(lastTest(cluster)).toMatchObject({
      requestedAt: 'later',
      state: 'Rejected',
      message: expect.stringMatching(/a delay that the receiver demands, allows the next message in 2m/),
    });
  });

  test('that the receiver did not accept is part of the message of Ready until a later message is accepted', async () => {
    const cluster = requested();
    const process = cluster.process();
    const message = () => cluster.object.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
    cluster.result = { kind: 'Rejected', message: 'HTTP 404; the address does not exist; update the Secret' };
    await process.reconcile(cluster.object);
    expect(message()).toBe(
      '0 notifications sent, 0 waiting; the last test message was not sent: HTTP 404; the address does not exist; update the Secret',
    );
    cluster.result = { kind: 'Accepted' };
    cluster.requestTest('later');
    await process.reconcile(cluster.object);
    expect(message()).toBe('0 notifications sent, 0 waiting');
  });

  test('is sent again for another value of the annotation', async () => {
    const cluster = requested();
    await runOften(cluster);
    cluster.requestTest('later');
    await runOften(cluster);
    expect(cluster.sent).toHaveLength(2);
    expect(lastTest(cluster)).toMatchObject({ requestedAt: 'later', state: 'Sent' });
  });

  test.each([
    ['Rejected', 'HTTP 404', 'Rejected'],
    ['Unknown', 'HTTP 502', 'Unknown'],
  ] as const)('shows the result %s, and is not retried', async (kind, message, state) => {
    const cluster = requested('msteams');
    cluster.result = { kind, message };
    await runOften(cluster);
    expect(cluster.sent).toHaveLength(1);
    expect(lastTest(cluster)).toMatchObject({ state, message });
  });

  test('whose result another process lost is unknown', async () => {
    const cluster = requested();
    cluster.beforeWrite = () => rejectAfterMessage(cluster);
    await expect(cluster.process().reconcile(cluster.object)).rejects.toThrow('unavailable');
    expect(lastTest(cluster)).toMatchObject({ state: 'Sending' });
    cluster.beforeWrite = () => {};
    const { requeueAfterMs } = await cluster.process().reconcile(cluster.object);
    expect(lastTest(cluster)).toMatchObject({ state: 'Sending' });
    await cluster.clock.advance(requeueAfterMs);
    await runOften(cluster);
    expect(cluster.sent).toHaveLength(1);
    expect(lastTest(cluster)).toMatchObject({ state: 'Unknown' });
  });

  test('that the operator of other namespaces sends is not lost meanwhile', async () => {
    const cluster = requested();
    const response = Promise.withResolvers<DeliveryResult>();
    const sending = cluster.process({ notifier: { send: () => response.promise } });
    const first = sending.reconcile(cluster.object).catch(() => {});
    await vi.waitFor(() => expect(lastTest(cluster)).toMatchObject({ state: 'Sending' }));
    const other = cluster.process();
    cluster.notices = [noticeOf(waitingPolicy())];
    await other.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(1);
    expect(lastTest(cluster)).toMatchObject({ state: 'Sending' });
    response.resolve({ kind: 'Rejected', message: 'HTTP 403' });
    await first;
    await sending.reconcile(cluster.object);
    expect(lastTest(cluster)).toMatchObject({ state: 'Rejected', message: 'HTTP 403' });
    expect(cluster.sent).toHaveLength(1);
  });

  test.each([
    [{ kind: 'Accepted' }, { state: 'Sent' }],
    [
      { kind: 'Rejected', message: 'HTTP 403' },
      { state: 'Rejected', message: 'HTTP 403' },
    ],
  ] as const)(
    'whose result %o could not be written shows it as soon as it can be written',
    async (result, expected) => {
      const cluster = requested();
      cluster.result = result;
      const process = cluster.process();
      cluster.beforeWrite = () => rejectAfterMessage(cluster);
      for (let run = 0; run < 3; run++) {
        await expect(process.reconcile(cluster.object)).rejects.toThrow('unavailable');
      }
      cluster.beforeWrite = () => {};
      await process.reconcile(cluster.object);
      expect(cluster.sent).toHaveLength(1);
      expect(lastTest(cluster)).toMatchObject(expected);
      expect(cluster.object.status?.lastSentTime !== undefined).toBe(result.kind === 'Accepted');
    },
  );

  test('whose intent was not confirmed is not sent, and the status says so', async () => {
    const cluster = requested();
    const process = cluster.process();
    cluster.afterWrite = () => reject();
    await expect(process.reconcile(cluster.object)).rejects.toThrow('unavailable');
    cluster.afterWrite = () => {};
    await process.reconcile(cluster.object);
    expect(cluster.sent).toEqual([]);
    expect(lastTest(cluster)).toMatchObject({
      state: 'Rejected',
      message: expect.stringContaining('nothing was sent'),
    });
  });

  test('shows why it was not sent: a missing Secret, an invalid provider, or a suspension', async () => {
    const missing = requested();
    missing.secret = undefined;
    await runOften(missing);
    expect(lastTest(missing)).toMatchObject({ state: 'Rejected', message: expect.stringContaining('not found') });
    const invalid = requested('slack', { channel: '' });
    await runOften(invalid);
    expect(lastTest(invalid)).toMatchObject({ state: 'Rejected', message: expect.stringContaining('spec.channel') });
    const suspended = requested('slack', { suspend: true });
    await runOften(suspended);
    expect(lastTest(suspended)).toMatchObject({ state: 'Rejected', message: expect.stringContaining('spec.suspend') });
    expect([missing, invalid, suspended].flatMap(({ sent }) => sent)).toEqual([]);
  });

  test('counts as a message within an hour, so that two tools that revert the annotation of each other flood nobody', async () => {
    const cluster = requested('slack', { maxMessagesPerHour: 4 });
    const process = cluster.process();
    for (let n = 0; n < 10; n++) {
      cluster.requestTest(n % 2 === 0 ? 'first' : 'second');
      await process.reconcile(cluster.object);
    }
    expect(cluster.sent).toHaveLength(2);
    expect(lastTest(cluster)).toMatchObject({
      requestedAt: 'second',
      state: 'Rejected',
      message: expect.stringMatching(/the next message in 30m.*request the test again/),
    });
  });

  test('is not counted if it is not sent', async () => {
    const cluster = requested('slack', { maxMessagesPerHour: 1, suspend: true });
    const process = cluster.process();
    await process.reconcile(cluster.object);
    const { object: resumed } = requested('slack', { maxMessagesPerHour: 1 });
    cluster.object = { ...cluster.object, ...('spec' in resumed && { spec: resumed.spec }) };
    cluster.notices = [noticeOf(waitingPolicy())];
    await process.reconcile(cluster.object);
    expect(cluster.sent).toHaveLength(1);
  });

  test('that was not sent because of a lost lease is not promised to anybody', async () => {
    const cluster = requested();
    cluster.mayAct = false;
    await cluster.process().reconcile(cluster.object);
    expect(cluster.sent).toEqual([]);
    expect(lastTest(cluster)).toMatchObject({
      state: 'Rejected',
      message: expect.stringContaining('request the test again'),
    });
  });

  test('delays no notification, and neither is sent twice', async () => {
    const cluster = requested('generic-hmac');
    cluster.notices = [noticeOf(waitingPolicy())];
    await runOften(cluster);
    expect(cluster.sent.flatMap(({ body }) => JSON.parse(body).notifications).map(({ event }) => event)).toEqual([
      'Test',
      'PlanAwaitingApproval',
    ]);
    expect(cluster.states()).toEqual(['Sent']);
    expect(lastTest(cluster)).toMatchObject({ state: 'Sent' });
  });

  test('names the provider, and no namespace', async () => {
    const topicARN = 'arn:aws:sns:eu-central-1:123456789012:desktops';
    const [json, alerts] = [requested('generic-hmac'), requested('alertmanager')];
    const sns = requested('sns', { topicARN, secretRef: undefined });
    await Promise.all([json, alerts, sns].map(runOften));
    expect(JSON.parse(json.sent[0]?.body ?? '').notifications).toMatchObject([
      { event: 'Test', involvedObject: { kind: 'NotificationProvider', name: 'desktops', uid: 'uid-provider' } },
    ]);
    const [{ labels }] = JSON.parse(alerts.sent[0]?.body ?? '[{}]');
    expect(labels).toMatchObject({ alertname: 'WsapTest', kind: 'NotificationProvider', name: 'desktops' });
    expect(labels).not.toHaveProperty('namespace');
    const parameters = JSON.parse(sns.sent[0]?.body ?? '');
    expect(parameters.Subject).toBe('Test message of the notification provider desktops');
    expect(parameters.MessageAttributes).not.toHaveProperty('namespaces');
  });

  test.each(['', 'x'.repeat(257)])('is not sent for an invalid value', async (requestedAt) => {
    const cluster = requested('slack', {}, requestedAt);
    await runOften(cluster);
    expect([cluster.sent, lastTest(cluster)]).toEqual([[], undefined]);
  });
});

import { expect, test } from 'vitest';
import { beginDelivery, type DeliveryResult } from '../../../src/notifications/deliveryRecords.ts';
import { UnwrittenResults } from '../../../src/operator/notifications/unwrittenResults.ts';
import { noticeOf, waitingPolicy } from '../../notifications/policies.ts';

const at = new Date('2027-01-02T00:00:00Z');
const startTime = '2027-01-02T00:00:00Z';
const notSent: DeliveryResult = { kind: 'NotSent', message: 'no intent' };

test('the result of a request survives a long outage, in which the intents of other messages fail', () => {
  const results = new UnwrittenResults();
  const records = beginDelivery([], { messageID: 'sent', notices: [noticeOf(waitingPolicy())] }, at);
  const remember = (messageID: string, result: DeliveryResult) =>
    results.remember('uid', { messageID, startTime, result, isIdempotent: false, at });
  remember('sent', { kind: 'Accepted' });
  for (let n = 0; n < 100; n++) {
    remember(`other-${n}`, notSent);
  }
  expect(results.applyTo('uid', records).map(({ state }) => state)).toEqual(['Sent']);
  const last = beginDelivery([], { messageID: 'other-99', notices: [noticeOf(waitingPolicy())] }, at);
  expect(results.applyTo('uid', last).map(({ state }) => state)).toEqual(['Retrying']);
  results.forget('uid');
  expect(results.applyTo('uid', records)).toEqual(records);
});

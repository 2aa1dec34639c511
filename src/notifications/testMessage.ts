import { createHash } from 'node:crypto';
import { TEST_REQUESTED_AT_ANNOTATION } from '../policy/annotations.ts';
import type { ProviderConfig } from '../policy/notificationProvider.ts';
import { sanitize } from '../sanitize.ts';
import { timestamp } from '../status/resource.ts';
import type { DeliveryResult } from './deliveryRecords.ts';
import type { NotificationMessage } from './message.ts';
import type { ProviderStatus } from './providerStatus.ts';

/** Result of the last test message in the status of a provider. */
export type TestRecord = NonNullable<ProviderStatus['lastTest']>;

/** Maximum length of `status.lastTest.requestedAt` in the CRD. */
const MAX_REQUEST_CHARACTERS = 256;

/** A provider, as far as requests for a test message depend on it. */
interface TestedProvider {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly status?: ProviderStatus | undefined;
}

/** Returns the value of the annotation that requests a test message. Undefined if there is none, or if it was handled. */
export function requestedTest({ metadata, status }: TestedProvider): string | undefined {
  const value = metadata.annotations?.[TEST_REQUESTED_AT_ANNOTATION];
  return value === undefined || value === '' || value.length > MAX_REQUEST_CHARACTERS
    ? undefined
    : value === status?.lastTest?.requestedAt
      ? undefined
      : value;
}

/** Returns the record before the request. */
export function beginTest(requestedAt: string, now: Date): TestRecord {
  return { requestedAt, state: 'Sending', time: timestamp(now) };
}

/** Returns the record of a requested test message that can't be sent. Undefined if none is requested. */
export function failedTest(provider: TestedProvider, reason: string, now: Date): TestRecord | undefined {
  const requestedAt = requestedTest(provider);
  return requestedAt === undefined
    ? undefined
    : completeTest(beginTest(requestedAt, now), { kind: 'Rejected', message: reason }, now);
}

/** Returns the record after the request. */
export function completeTest({ requestedAt }: TestRecord, result: DeliveryResult, now: Date): TestRecord {
  const completed = { requestedAt, time: timestamp(now) };
  return result.kind === 'Accepted'
    ? { ...completed, state: 'Sent' }
    : {
        ...completed,
        state: result.kind === 'Unknown' ? 'Unknown' : 'Rejected',
        message: sanitize(result.message, 256),
      };
}

/** Returns the test message of a provider. The same request has the same ID in every process. */
export function testMessage(
  { name, uid, summary }: ProviderConfig,
  requestedAt: string,
  time: Date,
): NotificationMessage {
  const id = createHash('sha256').update([uid, 'Test', requestedAt].join('\n')).digest('hex').slice(0, 32);
  return {
    id,
    provider: name,
    summary: summary === undefined ? undefined : sanitize(summary),
    time,
    entries: [
      {
        id,
        event: 'Test',
        object: { kind: 'NotificationProvider', namespace: undefined, name, uid, planID: undefined },
        severity: 'info',
        title: `Test message of the notification provider ${sanitize(name, 253)}`,
        lines: ['The operator can send messages to this receiver. No action is required.'],
        command: undefined,
        link: undefined,
      },
    ],
    omitted: 0,
  };
}

import { describe, expect, test } from 'vitest';
import { compareWithCloudTrail } from '../../src/audit/cloudTrail.ts';
import type { IntentRecord, OutcomeRecord } from '../../src/audit/record.ts';
import { TrailCollector, type TrailEvent, type TrailExport } from '../../src/audit/trailEvents.ts';
import type { AuditedChange } from '../../src/audit/verify.ts';
import { intent, succeeded } from './records.ts';

const START = new Date('2026-01-05T10:00:00Z');
const minutes = (count: number) => new Date(START.getTime() + count * 60_000);

function change(
  minute: number,
  outcome: Partial<OutcomeRecord> | undefined,
  changed: Partial<IntentRecord> = {},
): AuditedChange {
  return {
    chain: 'wsap-1',
    sequence: 2 + minute,
    time: minutes(minute),
    intent: intent(changed),
    outcome: outcome && { kind: 'Outcome', intent: 2 + minute, ...succeeded(`request-${minute}`), ...outcome },
  };
}

function event(minute: number, changed: Partial<TrailEvent> = {}): TrailEvent {
  return {
    time: minutes(minute),
    operation: 'DisassociateWorkspaceApplication',
    requestID: `request-${minute}`,
    accountID: '123456789012',
    region: 'eu-central-1',
    caller: 'arn:aws:sts::123456789012:assumed-role/wsap/another-session',
    userAgent: 'aws-sdk-js/3 wsap/0.2.0',
    workspaceID: 'ws-000000001',
    applicationID: 'wsa-visio0000',
    errorCode: undefined,
    ...changed,
  };
}

/** Returns an export of events. */
function exportOf(events: readonly TrailEvent[], period?: { start: Date; end: Date }): TrailExport {
  const collector = new TrailCollector(period);
  for (const one of events) {
    collector.add({
      eventSource: 'workspaces.amazonaws.com',
      eventName: one.operation,
      eventTime: one.time.toISOString(),
      requestID: one.requestID,
      awsRegion: one.region,
      recipientAccountId: one.accountID,
      userAgent: one.userAgent,
      userIdentity: { arn: one.caller },
      errorCode: one.errorCode,
      requestParameters:
        one.workspaceID === '' ? null : { workspaceId: one.workspaceID, applicationId: one.applicationID },
    });
  }
  return collector.finish();
}

/** Returns events of somebody else at some minutes. */
const others = (...at: readonly number[]) =>
  at.map((minute) =>
    event(minute, {
      requestID: `other-${minute}`,
      caller: 'arn:aws:iam::123456789012:user/bob',
      userAgent: 'aws-cli/2',
      workspaceID: 'ws-other',
    }),
  );
/** Events that show that the export covers the time from the start of the log to minute 45. */
const covering = others(-15, 0, 60);
const none: OutcomeRecord['requestIDs'] = [];
const lost = { result: 'Unknown', requestIDs: none } as const;

describe.each<[string, AuditedChange[], TrailEvent[], object]>([
  ['a change that CloudTrail confirms', [change(1, {})], [event(1)], { matched: 1, problems: [] }],
  [
    'a rejected call that CloudTrail confirms',
    [change(1, { result: 'Rejected' })],
    [event(1, { errorCode: 'ResourceNotFoundException' })],
    { matched: 1, problems: [] },
  ],
  [
    'a throttled call that was repeated',
    [change(1, { requestIDs: ['request-0', 'request-1'] })],
    [event(1, { requestID: 'request-0', errorCode: 'ThrottlingException' }), event(1)],
    { matched: 1, problems: [] },
  ],
  [
    'a change that the log says succeeded, and CloudTrail says failed',
    [change(1, {})],
    [event(1, { errorCode: 'AccessDeniedException' })],
    { problems: [{ kind: 'DifferentResult' }] },
  ],
  [
    'a call that the log says was rejected, and CloudTrail says succeeded',
    [change(1, { result: 'Rejected' })],
    [event(1)],
    { problems: [{ kind: 'DifferentResult' }] },
  ],
  [
    'a request ID of another call',
    [change(1, {})],
    [event(1, { workspaceID: 'ws-000000009' })],
    { problems: [{ kind: 'DifferentCall' }] },
  ],
  ['a change without an event', [change(1, {})], [], { problems: [{ kind: 'NotInCloudTrail' }] }],
  ['a recent change without an event', [change(50, {})], [], { pending: 1, problems: [] }],
  ['a change before the first event', [change(-5, {})], [], { pending: 0, notCovered: 1, problems: [] }],
  [
    'a change in a region without events',
    [change(1, {}, { region: 'us-east-1' })],
    [],
    { notCovered: 1, settled: 0, problems: [] },
  ],
  [
    'a call without an outcome in an account without events',
    [change(1, undefined, { accountID: '210987654321' })],
    [],
    { notCovered: 1, settled: 0, problems: [] },
  ],
  ['an event that the export contains twice', [change(1, {})], [event(1), event(1)], { matched: 1, problems: [] }],
  [
    'a throttled call whose second response was lost',
    [change(1, { result: 'Unknown', requestIDs: ['request-0'] })],
    [event(1, { requestID: 'request-0', errorCode: 'ThrottlingException' }), event(1, { requestID: 'request-x' })],
    { settled: 1, problems: [] },
  ],
  [
    'a throttled call whose second attempt never arrived',
    [change(1, { result: 'Unknown', requestIDs: ['request-0'] })],
    [event(1, { requestID: 'request-0', errorCode: 'ThrottlingException' })],
    { matched: 1, problems: [] },
  ],
  [
    'a process that was killed during the second attempt of a call',
    [change(1, undefined)],
    [
      event(1, { requestID: 'request-x', errorCode: 'ThrottlingException' }),
      event(1, { requestID: 'request-y', errorCode: 'ThrottlingException' }),
      event(1, { requestID: 'request-z' }),
    ],
    { settled: 1, problems: [] },
  ],
  [
    'two accepted calls for one intent without an outcome',
    [change(1, undefined)],
    [event(1, { requestID: 'request-x' }), event(2, { requestID: 'request-y' })],
    { settled: 1, problems: [{ kind: 'Unrecorded' }] },
  ],
  [
    'an error of AWS after which a read showed the effect',
    [change(1, { confirmedByRead: true })],
    [event(1, { errorCode: 'InternalServerException' })],
    { matched: 1, problems: [] },
  ],
  [
    'a rejected call whose event has no parameters',
    [change(1, { result: 'Rejected' })],
    [event(1, { errorCode: 'AccessDenied', workspaceID: '', applicationID: undefined })],
    { matched: 1, problems: [] },
  ],
  [
    'a request ID of a call in another account',
    [change(1, {})],
    [event(1, { accountID: '210987654321' })],
    { problems: [{ kind: 'DifferentCall' }] },
  ],
  [
    'a call that the log says was not sent, and CloudTrail says succeeded',
    [change(1, { result: 'NotSent' })],
    [event(1)],
    { problems: [{ kind: 'DifferentResult' }] },
  ],
  [
    'a call of an operator that the log does not name',
    [change(1, {})],
    [event(1), event(2, { caller: 'arn:aws:sts::123456789012:assumed-role/wsap-b/x' })],
    { unnamedOperators: ['123456789012 role wsap-b'], problems: [] },
  ],
  [
    "a call with the operator's role that the log doesn't contain",
    [change(1, {})],
    [event(1), event(2)],
    { matched: 1, problems: [{ kind: 'Unrecorded' }] },
  ],
  [
    'a call of somebody else',
    [change(1, {})],
    [event(1), event(2, { caller: 'arn:aws:iam::123456789012:user/wsap' })],
    { matched: 1, others: 3, problems: [] },
  ],
  [
    'a call before the start of the log',
    [change(1, {})],
    [event(-1), event(1)],
    { matched: 1, earlier: 1, problems: [] },
  ],
  [
    'a lost response that CloudTrail settles',
    [change(1, lost)],
    [event(1, { requestID: 'request-x' })],
    { settled: 1, problems: [] },
  ],
  [
    'a process that was killed during a call',
    [change(1, undefined)],
    [event(1, { requestID: 'request-x' })],
    { settled: 1, problems: [] },
  ],
  ['a process that was killed before its call arrived', [change(1, undefined)], [], { settled: 1, problems: [] }],
  ['a recent call without an outcome', [change(59, undefined)], [], { pending: 1, problems: [] }],
  [
    'one event for two calls without an outcome',
    [change(1, undefined), change(2, undefined)],
    [event(1, { requestID: 'request-x' }), event(2, { requestID: 'request-y' }), event(3, { requestID: 'request-z' })],
    { settled: 2, problems: [{ kind: 'Unrecorded' }] },
  ],
  ['a call that was not sent', [change(1, { result: 'NotSent', requestIDs: none })], [], { pending: 0, problems: [] }],
])('%s', (_, changes, events, expected) => {
  test('has the expected result', () => {
    expect(compareWithCloudTrail(changes, exportOf([...covering, ...events]), START)).toMatchObject(expected);
  });
});

test('Without an identity in the log, the user agent identifies calls of the operator', () => {
  const changes = [change(1, {}, { caller: null })];
  expect(compareWithCloudTrail(changes, exportOf([...covering, event(1), event(2)]), START)).toMatchObject({
    problems: [{ kind: 'Unrecorded' }],
    others: 2,
  });
});

const recorded = {
  eventSource: 'workspaces.amazonaws.com',
  eventName: 'DisassociateWorkspaceApplication',
  eventTime: '2026-01-05T10:01:00Z',
  requestID: 'request-1',
  awsRegion: 'eu-central-1',
  recipientAccountId: '123456789012',
  userAgent: 'aws-sdk-js/3 wsap/0.2.0',
  userIdentity: { arn: 'arn:aws:sts::123456789012:assumed-role/wsap/another-session', accountId: '123456789012' },
  requestParameters: { workspaceId: 'ws-000000001', applicationId: 'wsa-visio0000' },
};

const collected = (...documents: unknown[]) => {
  const collector = new TrailCollector();
  return { areKnown: documents.map((document) => collector.add(document)), ...collector.finish() };
};

test.each<[string, unknown]>([
  ['a file of CloudTrail', { Records: [recorded, { ...recorded, eventName: 'DescribeWorkspaces' }] }],
  ['a list', [recorded, null, 1, 'text', {}]],
  ['an event', recorded],
  ['an EventBridge event', { version: '0', 'detail-type': 'AWS API Call via CloudTrail', detail: recorded }],
  ['a result of lookup-events', { Events: [{ EventId: 'x', CloudTrailEvent: JSON.stringify(recorded) }] }],
  ['events of lookup-events', [{ EventId: 'x', CloudTrailEvent: JSON.stringify(recorded) }]],
  [
    'a result of CloudTrail Lake',
    {
      QueryStatus: 'FINISHED',
      QueryResultRows: [[{ eventTime: '2026-01-05 10:01:00.000' }, { eventJson: JSON.stringify(recorded) }]],
    },
  ],
  ['a row of CloudTrail Lake', { eventData: recorded }],
])('Events are read from %s', (_, document) => {
  expect(collected(document)).toMatchObject({ areKnown: [true], events: [event(1)] });
});

test('Reads of WorkSpaces show the time that an export covers, in each account and region', () => {
  const at = (eventTime: string, changed: object = {}) => ({
    ...recorded,
    eventName: 'DescribeWorkspaces',
    eventTime,
    ...changed,
  });
  const { events, periods } = collected({
    Records: [
      at('2026-01-05T08:00:00Z'),
      at('2026-01-05T12:00:00Z'),
      at('2026-01-05T09:00:00Z', { awsRegion: 'us-east-1' }),
      at('2026-01-05T20:00:00Z', { eventSource: 'ec2.amazonaws.com' }),
    ],
  });
  expect(events).toEqual([]);
  expect([...periods]).toEqual([
    ['123456789012 eu-central-1', { start: new Date('2026-01-05T08:15:00Z'), end: new Date('2026-01-05T11:45:00Z') }],
    ['123456789012 us-east-1', { start: new Date('2026-01-05T09:15:00Z'), end: new Date('2026-01-05T08:45:00Z') }],
  ]);
});

test('The first 15 minutes of an export are not covered, because an earlier file can contain a part of their events', () => {
  const changes = [change(1, {}), change(16, {})];
  const comparison = compareWithCloudTrail(changes, exportOf(others(0, 60)), START);
  expect(comparison).toMatchObject({ notCovered: 1, problems: [{ kind: 'NotInCloudTrail' }] });
});

test('A period that the user knows replaces the time between the events', () => {
  const period = { start: minutes(-60), end: minutes(60) };
  const changes = [change(1, {}), change(30, {})];
  expect(compareWithCloudTrail(changes, exportOf([event(1)]), START)).toMatchObject({ pending: 1, problems: [] });
  expect(compareWithCloudTrail(changes, exportOf([event(1)], period), START)).toMatchObject({
    pending: 0,
    problems: [{ kind: 'NotInCloudTrail' }],
  });
});

test.each([
  [{ ...recorded, requestID: undefined }],
  [{ ...recorded, eventSource: 'ec2.amazonaws.com' }],
  [{ Records: [] }],
  [{ Events: [] }],
])('A document of CloudTrail can contain no change: %j', (document) => {
  expect(collected(document)).toMatchObject({ areKnown: [true], events: [] });
});

test('A document that nests without end is not accepted', () => {
  const nested = `${'{"detail":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  expect(collected(JSON.parse(nested))).toMatchObject({ areKnown: [false], events: [] });
});

test.each([
  [{ ...recorded, eventTime: 'yesterday' }],
  [{ ...recorded, requestParameters: '{workspaceId=ws-000000001}' }],
  [{ Records: 'none' }],
  [{ CloudTrailEvent: '{' }],
  [{ QueryResultRows: [[{ eventName: 'DisassociateWorkspaceApplication' }]] }],
  [null],
])('Another document is not accepted: %j', (document) => {
  expect(collected(document)).toMatchObject({ areKnown: [false], events: [] });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT_FACTS, EVENT_NAMES, isEventName, type ReadSubject } from '../../src/eventbridge/eventNames.ts';
import { type ParsedMessage, parseMessage } from '../../src/eventbridge/workspaceEvent.ts';
import { ACCOUNT, accessEvent, callEvent, REGION, SAMPLES } from './samples.ts';

const SCOPE = { accountID: ACCOUNT, region: REGION };
const A = 'ws-00000001a';
const parse = (message: unknown): ParsedMessage =>
  parseMessage(typeof message === 'string' ? message : JSON.stringify(message), SCOPE);

describe('the events that the operator reads', () => {
  test.each(SAMPLES)('%s names its WorkSpaces', (name, sample, workspaceIDs) => {
    const isAccess = name === 'WorkSpaces Access';
    expect(parse(sample)).toEqual({
      event: {
        id: sample.id,
        time: new Date(isAccess ? '2023-04-05T16:13:59Z' : '2026-11-24T09:30:12Z'),
        name,
        workspaceIDs,
        requestID: isAccess ? undefined : 'e6a14ab3-a2b8-43c6-b6a7-0123456789ab',
      },
    });
  });

  test('the samples contain each name once', () => {
    expect(SAMPLES.map(([name]) => name).sort()).toEqual([...EVENT_NAMES].sort());
  });

  test('members in the spelling of the API name the same WorkSpaces', () => {
    const batch = { RebuildWorkspaceRequests: [{ WorkspaceId: A }, { WorkspaceId: 'ws-00000002b' }] };
    const failed = { FailedRequests: [{ WorkspaceId: A }] };
    expect(parse(callEvent('RebuildWorkspaces', batch, failed))).toMatchObject({
      event: { workspaceIDs: ['ws-00000002b'] },
    });
  });

  test('a WorkSpace that a call names twice counts once, and the time is that of the record', () => {
    const requests = { startWorkspaceRequests: [{ workspaceId: A }, { workspaceId: A }] };
    const event = callEvent('StartWorkspaces', requests, null, { eventTime: '2026-11-24T08:00:00.123Z' });
    expect(parse(event)).toMatchObject({ event: { workspaceIDs: [A], time: new Date('2026-11-24T08:00:00.123Z') } });
  });

  test.each([
    ['a number', 5],
    ['too long', 'a'.repeat(65)],
    ['text with a line break', 'a\nb'],
    ['missing', undefined],
  ])('a request ID is omitted if it is %s', (_, requestID) => {
    const event = callEvent('RestoreWorkspace', { workspaceId: A }, null, { requestID });
    expect(parse(event)).toMatchObject({ event: { workspaceIDs: [A], requestID: undefined } });
  });
});

describe('irrelevant messages are ignored', () => {
  const restore = (record: object = {}, envelope: object = {}) =>
    callEvent('RestoreWorkspace', { workspaceId: A }, null, { ...record }, { ...envelope });
  test.each<[string, unknown, string]>([
    ['another account', restore({}, { account: '210987654321' }), 'OtherAccount'],
    ['a record of another account', restore({ recipientAccountId: '210987654321' }), 'OtherAccount'],
    ['another region', restore({}, { region: 'eu-west-1' }), 'OtherRegion'],
    ['a record of another region', restore({ awsRegion: 'eu-west-1' }), 'OtherRegion'],
    ['another source', restore({}, { source: 'aws.ec2' }), 'OtherEvent'],
    ['another detail type', restore({}, { 'detail-type': 'Scheduled Event' }), 'OtherEvent'],
    ['another service', restore({ eventSource: 'ec2.amazonaws.com' }), 'OtherEvent'],
    ['another call', callEvent('DescribeWorkspaces', {}), 'OtherEvent'],
    ['a login as the name of a call', callEvent('WorkSpaces Access', { workspaceId: A }), 'OtherEvent'],
    ['the name of a member of every object', callEvent('constructor', { workspaceId: A }), 'OtherEvent'],
    ['tags of a directory', callEvent('CreateTags', { resourceId: 'd-0123456789' }), 'OtherEvent'],
    ['a failed call', restore({ errorCode: 'AccessDenied', errorMessage: 'no' }), 'FailedCall'],
    [
      'a batch that failed for each WorkSpace',
      callEvent(
        'StopWorkspaces',
        { stopWorkspaceRequests: [{ workspaceId: A }] },
        { failedRequests: [{ workspaceId: A }] },
      ),
      'FailedCall',
    ],
    ['a creation that failed', callEvent('CreateWorkspaces', {}, { pendingRequests: [] }), 'FailedCall'],
    ['a creation without a response', callEvent('CreateWorkspaces', {}, null), 'FailedCall'],
  ])('%s', (_, message, ignored) => {
    expect(parse(message)).toEqual({ ignored });
  });
});

describe('unreadable messages are malformed', () => {
  const ids = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ workspaceId: `ws-${String(index).padStart(9, '0')}` }));
  test.each<[string, unknown, RegExp]>([
    ['no text', '', /not valid JSON/],
    ['no JSON', '{"id": ', /not valid JSON/],
    ['a list', '[]', /not an object/],
    ['null', 'null', /not an object/],
    ['no event', '{}', /not an EventBridge event/],
    ['a notification of SNS', { Type: 'Notification', Message: '{}' }, /not an EventBridge event/],
    ['no detail', { ...accessEvent(), detail: 'x' }, /detail is not an object/],
    ['an invalid account', accessEvent({}, { account: 123456789012 }), /account/],
    ['an invalid region', accessEvent({}, { region: 'eu\u001b[2J' }), /region/],
    ['an invalid ID', accessEvent({}, { id: '\u202e' }), /id/],
    ['no time', accessEvent({}, { time: undefined }), /time/],
    ['a day that does not exist', accessEvent({}, { time: '2026-13-45T00:00:00Z' }), /time/],
    [
      'an invalid time of the call',
      callEvent('RestoreWorkspace', { workspaceId: A }, null, { eventTime: 0 }),
      /eventTime/,
    ],
    ['a WorkSpace ID that is too short', accessEvent({ workspaceId: 'ws-1' }), /workspaceId/],
    ['a WorkSpace ID with a path', accessEvent({ workspaceId: 'ws-00000001a/../x' }), /workspaceId/],
    ['a WorkSpace ID with a line break at its end', accessEvent({ workspaceId: `${A}\n` }), /workspaceId/],
    ['a list as the WorkSpace ID', callEvent('RestoreWorkspace', { workspaceId: [A] }), /workspaceId/],
    ['no parameters', callEvent('RestoreWorkspace', null), /requestParameters/],
    ['omitted parameters', callEvent('RestoreWorkspace', { omitted: true, originalSize: 200_000 }), /workspaceId/],
    ['an object as a list', callEvent('StopWorkspaces', { stopWorkspaceRequests: { length: 1 } }), /not a list/],
    ['an item that is no object', callEvent('StopWorkspaces', { stopWorkspaceRequests: [A] }), /not an object/],
    ['a text as the response', callEvent('StopWorkspaces', { stopWorkspaceRequests: [] }, 'x'), /responseElements/],
    ['101 WorkSpaces', callEvent('StopWorkspaces', { stopWorkspaceRequests: ids(101) }), /more than 100/],
    ['more than 256 KiB', JSON.stringify(accessEvent({ padding: 'x'.repeat(256 * 1024) })), /256 KiB/],
    [
      'lists in 100,000 lists',
      `{"source":"aws.workspaces","detail":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      /./,
    ],
  ])('%s', (_, message, reason) => {
    expect(parse(message)).toEqual({ malformed: expect.stringMatching(reason) });
  });

  test('100 WorkSpaces are within the limit', () => {
    expect(parse(callEvent('StopWorkspaces', { stopWorkspaceRequests: ids(100) }))).toMatchObject({
      event: { workspaceIDs: ids(100).map(({ workspaceId }) => workspaceId) },
    });
  });
});

describe('hostile members', () => {
  test('the last of two members with the same name applies', () => {
    const text = JSON.stringify(accessEvent()).replace('"workspaceId"', `"workspaceId":"${A}","workspaceId"`);
    expect(parse(text)).toMatchObject({ event: { workspaceIDs: ['ws-xyskdga00'] } });
  });

  test('members of a prototype are not read, and no prototype changes', () => {
    const event = JSON.stringify(callEvent('RestoreWorkspace', { PLACE: 1 }));
    const polluted = event.replace('"PLACE":1', `"__proto__":{"workspaceId":"${A}"}`);
    expect(parse(polluted)).toEqual({ malformed: expect.stringMatching(/workspaceId/) });
    expect(parse(`{"__proto__":${JSON.stringify(accessEvent())}}`)).toEqual({
      malformed: 'the message is not an EventBridge event',
    });
    expect(Object.hasOwn(Object.prototype, 'workspaceId')).toBe(false);
  });

  test('a reason contains no text of the message', () => {
    const { malformed } = parse(accessEvent({ workspaceId: 'EVIL\u001b]0;x' })) as { malformed: string };
    expect(malformed).not.toContain('EVIL');
  });
});

describe('any text', () => {
  const json = fc.jsonValue({ maxDepth: 4 });
  /** An event in which members are replaced with any value. */
  const damaged = fc
    .tuple(
      fc.constantFrom(...SAMPLES.map(([, event]) => event)),
      fc.dictionary(
        fc.constantFrom('account', 'region', 'id', 'time', 'source', 'detail-type', 'detail', '__proto__'),
        json,
        {
          maxKeys: 2,
        },
      ),
      fc.dictionary(
        fc.constantFrom(
          ...[
            'eventName',
            'eventTime',
            'requestParameters',
            'responseElements',
            'errorCode',
            'workspaceId',
            'requestID',
          ],
        ),
        json,
        { maxKeys: 2 },
      ),
    )
    .map(([event, members, details]) =>
      JSON.stringify({ ...event, detail: { ...(event.detail as object), ...details }, ...members }),
    );

  test('never throws, and names only valid IDs', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          json.map((value) => JSON.stringify(value)),
          damaged,
        ),
        (text) => {
          const result = parseMessage(text, SCOPE);
          expect(Object.keys(result)).toHaveLength(1);
          if ('event' in result) {
            const { id, time, name, workspaceIDs, requestID } = result.event;
            expect(isEventName(name)).toBe(true);
            expect(workspaceIDs.length).toBeGreaterThan(0);
            expect(workspaceIDs.length).toBeLessThanOrEqual(100);
            for (const workspaceID of workspaceIDs) {
              expect(workspaceID).toMatch(/^ws-[0-9a-z]{8,63}$/);
            }
            expect(Number.isNaN(time.getTime())).toBe(false);
            expect(`${id}${requestID ?? ''}`).toMatch(/^[0-9A-Za-z-]+$/);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('the table of events', () => {
  test.each(EVENT_NAMES)('%s reads something after a bounded time, and names its source', (name) => {
    const { reads, settleMs, source } = EVENT_FACTS[name];
    const subjects: readonly ReadSubject[] = ['workspace', 'associations', 'tags', 'connection'];
    expect(reads.length).toBeGreaterThan(0);
    expect(reads.filter((subject) => !subjects.includes(subject))).toEqual([]);
    expect(new Set(reads).size).toBe(reads.length);
    expect(settleMs).toBeGreaterThanOrEqual(1_000);
    expect(settleMs).toBeLessThanOrEqual(10 * 60_000);
    expect(source).toMatch(/^(https:\/\/docs\.aws\.amazon\.com\/|Assumption: )/);
  });

  test('the page on AWS behavior contains each source', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/reference/aws-behavior.md'), 'utf8');
    const pages = EVENT_NAMES.map((name) => EVENT_FACTS[name].source).filter((source) => source.startsWith('https'));
    expect([...new Set(pages)].filter((source) => !page.includes(source))).toEqual([]);
  });
});

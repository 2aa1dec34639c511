import { describe, expect, test } from 'vitest';
import { verifyLines } from '../../../src/audit/verify.ts';
import { createLog, type LogOptions, logText } from '../../../src/cli/output/log.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import { POLICIES } from '../../../src/kube/resources.ts';
import { createTrail, writeChanges } from '../../audit/records.ts';
import { startFleet, WORKSPACE } from '../../aws/harness.ts';
import { exception } from '../../aws/server.ts';
import { VirtualClock } from '../../fakes/clock.ts';

const CANARY = 'c4n4ry-Hq7wPz2Lx9';

/** Creates a log and returns it with the text that it has written. */
function open(format: LogOptions['format'], level = 'trace') {
  let written = '';
  const destination = {
    write: (text: string) => {
      written += text;
    },
  };
  return { log: createLog({ level, format, destination }), text: () => written };
}

describe.each<LogOptions['format']>(['json', 'text'])('the log in format %s', (format) => {
  test('writes one line per entry, without control characters', () => {
    const { log, text } = open(format);
    log.info({ 'k\u001be\u009by': 'a\nb\u202ec' }, 'escape \u001b[31m, C1 \u009b2J, bidi \u202e, line\u2028break');
    log.warn('second');
    const lines = text().split('\n');
    expect(lines).toHaveLength(3);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
    expect(text().replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/);
  });

  test('contains no audit record, whatever the text of an entry', async () => {
    const { trail, sink } = createTrail();
    await writeChanges(trail, new VirtualClock(), 1);
    const [record = ''] = sink.lines;
    const { log, text } = open(format);
    log.info({ reason: record, list: [record], nested: { message: JSON.stringify({ record }) } }, record);
    log.info(JSON.stringify(record).slice(1, -1));
    log.info(`,"x","${record.replaceAll('"', '""')}"`);
    const lines = text().trimEnd().split('\n');
    const wrapped = lines.map((line) => JSON.stringify({ log: line }));
    for (const log of [lines, wrapped, wrapped.map((line) => JSON.stringify(line))]) {
      expect(verifyLines(log)).toMatchObject({ records: 0, tornLines: 0, problems: [], otherLines: 3 });
    }
    // A pipeline can also extract a member, which undoes the escapes of the log.
    const members = format === 'json' ? lines.map((line) => String(JSON.parse(line).msg)) : [];
    expect(verifyLines(members)).toMatchObject({ records: 0, tornLines: 0, problems: [] });
    expect(text()).toContain('Start');
  });

  test('omits entries below its level', () => {
    const { log, text } = open(format, 'warn');
    log.info('no');
    log.warn('yes');
    expect(text()).toMatch(/^[^\n]*yes[^\n]*\n$/);
  });

  test('omits secrets in the request of an error', () => {
    const headers = { authorization: `Bearer ${CANARY}`, 'x-amz-security-token': CANARY };
    const error = Object.assign(new Error('it broke', { cause: Object.assign(new Error('deeper'), { headers }) }), {
      config: { headers },
      request: { headers },
      response: { config: { headers }, body: CANARY },
      $response: { headers },
    });
    const { log, text } = open(format);
    log.debug({ err: error }, 'details');
    expect(text()).toContain('it broke: deeper');
    expect(text()).toContain('log.test.ts');
    expect(text()).not.toContain(CANARY);
  });

  test.each([
    // prose-ignore we: quotes AWS
    `The request signature we calculated does not match. The Canonical String for this request should have been 'POST\n/\n\nx-amz-security-token:${CANARY}\n'`,
    `bad header x-amz-security-token: ${CANARY}`,
    `Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=${CANARY}/20261124, Signature=${CANARY}`,
  ])('omits secrets that AWS repeats: %s', async (message) => {
    await using harness = await startFleet([exception('SignatureDoesNotMatch', message, 403)]);
    const error = await harness.fleet.describeWorkspaceAssociations(WORKSPACE).catch((failure: unknown) => failure);
    const { log, text } = open(format);
    log.error({ error: String(error) }, 'failed');
    log.debug({ err: error }, 'details');
    log.debug({ err: new Error('outer', { cause: error }) }, 'details');
    expect(text()).toContain('DescribeWorkspaceAssociations');
    expect(text()).not.toContain(CANARY);
  });

  test('omits secrets that the API server or a proxy repeats', () => {
    const access = { resource: POLICIES, verb: 'list' } as const;
    const answered = ApiError.ofResponse(access, 502, `Bad gateway: authorization: Bearer ${CANARY}`, undefined);
    const unanswered = ApiError.unanswered(
      access,
      new TypeError(`https://admin:${CANARY}@10.0.0.1/ includes credentials`),
    );
    const { log, text } = open(format);
    for (const err of [answered, unanswered]) {
      log.debug({ err }, 'details');
      log.warn(err.message);
    }
    expect(text()).toContain('Bad gateway');
    expect(text()).not.toContain(CANARY);
  });
});

test('JSON contains the name of the level and the stack of an error', () => {
  const { log, text } = open('json');
  log.error({ err: new RangeError('too far') }, 'no');
  const { time, err, ...line } = JSON.parse(text());
  expect(line).toEqual({ level: 'error', msg: 'no' });
  expect(new Date(time).toISOString()).toBe(time);
  expect(err).toEqual({ message: 'too far', causes: [{ type: 'RangeError', stack: expect.any(Array) }] });
  expect(err.causes[0].stack[0]).toContain('log.test.ts');
});

describe('logText', () => {
  const time = '2026-11-24T10:39:35.123Z';

  test('starts with time, level, and message, and quotes values if necessary', () => {
    const line = {
      level: 'info',
      time,
      policy: 'desktops/no-visio',
      runID: '2d7b9a32ae73',
      applications: ['Microsoft Visio'],
      count: 4,
      said: 'two words',
      equal: 'a=b',
      empty: '',
      msg: 'change made',
    };
    expect(logText(line, false)).toBe(
      `${time} INFO  change made policy=desktops/no-visio runID=2d7b9a32ae73 applications=["Microsoft Visio"] count=4 ` +
        'said="two words" equal="a=b" empty=""',
    );
  });

  test('uses colors if enabled', () => {
    expect(logText({ level: 'error', time, msg: 'no', a: 1 }, true)).toBe(
      `${time} \u001b[31mERROR\u001b[39m no \u001b[2ma=\u001b[22m1`,
    );
  });
});

import { describe, expect, test } from 'vitest';
import { seedFrom } from '../../src/simulator/seed.ts';
import { Sts } from '../../src/simulator/sts.ts';
import { VirtualClock } from '../fakes/clock.ts';

const ROLE = 'arn:aws:iam::123456789012:role/wsap';
const LONG_ROLE = 'arn:aws:iam::123456789012:role/wsap-long';
const NOBODY = { accessKeyId: undefined, region: undefined };

function simulateSts() {
  const clock = new VirtualClock();
  const roles = [
    { name: 'wsap', externalID: 'secret' },
    { name: 'wsap-long', maxSessionDuration: '12h' },
  ];
  const sts = new Sts([seedFrom({ roles })], () => clock.now());
  const ask = (form: Record<string, string>, accessKeyId?: string) => {
    const signer = accessKeyId === undefined ? NOBODY : { accessKeyId, region: 'eu-central-1' };
    const response = sts.handle(new URLSearchParams({ Version: '2011-06-15', ...form }).toString(), signer);
    const body = response.kind === 'response' ? response.body : '';
    const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
    return { status: 'status' in response ? response.status : 0, element };
  };
  const assume = (form: Record<string, string> = {}) =>
    ask({ Action: 'AssumeRole', RoleArn: ROLE, RoleSessionName: 'test', ExternalId: 'secret', ...form });
  return { clock, ask, assume };
}

describe('AssumeRole', () => {
  test('returns credentials for an hour, whose identity is the session', () => {
    const { clock, ask, assume } = simulateSts();
    const { status, element } = assume();
    expect(status).toBe(200);
    expect(element('Expiration')).toBe(new Date(clock.now().getTime() + 3_600_000).toISOString());
    const identity = ask({ Action: 'GetCallerIdentity' }, element('AccessKeyId'));
    expect(identity.element('Arn')).toBe('arn:aws:sts::123456789012:assumed-role/wsap/test');
    expect(identity.element('UserId')).toBe(element('AssumedRoleId'));
    expect(identity.element('UserId')).toMatch(/^AROA[0-9A-Z]{17}:test$/);
  });

  test('returns credentials for the requested duration', () => {
    const { clock, assume } = simulateSts();
    const expires = (form: Record<string, string>) => Date.parse(assume(form).element('Expiration') ?? '');
    const now = clock.now().getTime();
    expect(expires({ DurationSeconds: '900' })).toBe(now + 900_000);
  });

  test('allows as long a session as the role', () => {
    const { ask } = simulateSts();
    const form = { Action: 'AssumeRole', RoleArn: LONG_ROLE, RoleSessionName: 'test', DurationSeconds: '43200' };
    expect(ask(form).status).toBe(200);
  });

  const invalid: [string, Record<string, string>, RegExp][] = [
    ['a long session', { DurationSeconds: '86400' }, /'durationSeconds'.*less than or equal to 43200/],
    ['a short session', { DurationSeconds: '899' }, /'durationSeconds'.*greater than or equal to 900/],
    ['a duration that is no number', { DurationSeconds: 'x' }, /'durationSeconds'/],
    ['a session longer than the role allows', { DurationSeconds: '3601' }, /exceeds the MaxSessionDuration/],
    ['a session name with spaces', { RoleSessionName: 'a b c' }, /'roleSessionName'.*pattern: \[\\w\+=,\.@-\]\*/],
    ['a short session name', { RoleSessionName: 'a' }, /'roleSessionName'.*greater than or equal to 2/],
    ['a short role ARN', { RoleArn: 'wsap' }, /'roleArn'.*greater than or equal to 20/],
    ['an external ID with spaces', { ExternalId: 'a b' }, /'externalId'.*pattern/],
  ];
  test.each(invalid)('rejects %s', (_, form, message) => {
    const { status, element } = simulateSts().assume(form);
    expect([status, element('Code')]).toEqual([400, 'ValidationError']);
    expect(element('Message')).toMatch(message);
  });

  test('rejects a missing parameter, a wrong external ID, and an unknown role', () => {
    const { ask, assume } = simulateSts();
    expect(ask({ Action: 'AssumeRole', RoleArn: ROLE }).element('Message')).toContain("null at 'roleSessionName'");
    expect(assume({ ExternalId: 'wrong' }).element('Code')).toBe('AccessDenied');
    expect(assume({ RoleArn: `${ROLE}-unknown` }).element('Code')).toBe('AccessDenied');
  });

  test('with a web identity requires its token', () => {
    const { ask } = simulateSts();
    const form = { Action: 'AssumeRoleWithWebIdentity', RoleArn: ROLE, RoleSessionName: 'test' };
    expect(ask(form).element('Message')).toContain("null at 'webIdentityToken'");
    expect(ask({ ...form, WebIdentityToken: 'token' }).status).toBe(200);
  });
});

test('STS rejects an unknown and a missing action', () => {
  const { ask } = simulateSts();
  expect(ask({ Action: 'GetNothing' }).element('Code')).toBe('InvalidAction');
  expect(ask({}).element('Code')).toBe('MissingAction');
});

test('a caller without a session is a user', () => {
  const { ask } = simulateSts();
  expect(ask({ Action: 'GetCallerIdentity' }).element('UserId')).toMatch(/^AIDA[0-9A-Z]{16}$/);
});

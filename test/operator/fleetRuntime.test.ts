import { describe, expect, test } from 'vitest';
import { FleetError, type FleetErrorKind } from '../../src/fleet/errors.ts';
import { DisassociationQuota } from '../../src/history/disassociationQuota.ts';
import { AwsScopes } from '../../src/operator/awsScopes.ts';
import { FleetRuntime } from '../../src/operator/fleetRuntime.ts';
import { ambientFleet } from '../../src/policy/workspaceFleet.ts';
import { fleetNamed } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';

const ACCOUNT = { accountID: '111111111111', arn: 'arn:aws:iam::111111111111:user/x', region: 'eu-central-1' };

/** Returns a fleet runtime and the next identities or errors of AWS. */
function start(
  spec: Parameters<typeof fleetNamed>[1] = {},
  {
    recorded = [],
    ambient = false,
    scopes,
  }: { recorded?: readonly string[]; ambient?: boolean; scopes?: AwsScopes } = {},
) {
  const answers: (typeof ACCOUNT | FleetErrorKind)[] = [];
  const clock = new VirtualClock();
  const aws = Object.assign(new FakeFleet(), {
    urgent: new FakeFleet(),
    bundlesWith: () => new FakeFleet(),
    calls: () => [],
  });
  let isClosed = false;
  const fleet = ambient ? ambientFleet({ callsPerSecond: 2, burst: 5 }) : fleetNamed('emea', spec);
  const runtime = new FleetRuntime(fleet, {
    connection: {
      identify: async () => {
        const answer = answers.shift() ?? ACCOUNT;
        if (typeof answer === 'string') {
          throw new FleetError({ kind: answer, operation: 'GetCallerIdentity', reason: 'refused' });
        }
        return answer;
      },
      fleet: () => aws,
    },
    quota: new DisassociationQuota(undefined, [], async () => {}),
    scopes: scopes ?? new AwsScopes(clock),
    clock,
    recordedAccounts: () => recorded,
    close: () => {
      isClosed = true;
    },
  });
  const identify = async (answer: typeof ACCOUNT | FleetErrorKind) => {
    answers.push(answer);
    await runtime.identify();
    return runtime.context === undefined ? runtime.blocker?.reason : 'usable';
  };
  return { runtime, identify, isClosed: () => isClosed };
}

test('a fleet is used only after AWS has reported its account', async () => {
  const { runtime, identify } = start();
  expect(runtime.context).toBeUndefined();
  expect(await identify(ACCOUNT)).toBe('usable');
  expect(runtime.context?.location).toEqual({ name: 'emea', accountID: '111111111111', region: 'eu-central-1' });
});

test('the allowed rate of a fleet is the lowest of all fleets in its account and region, also while AWS throttles', async () => {
  const scopes = new AwsScopes(new VirtualClock());
  const { runtime, identify } = start({ rateLimit: { requestsPerMinute: 600, burst: 5 } }, { scopes });
  await identify(ACCOUNT);
  expect(runtime.context?.callsPerSecond).toBe(10);
  scopes.join(ACCOUNT.accountID, ACCOUNT.region, 'apac', { callsPerSecond: 2, burst: 5 });
  expect(runtime.context?.callsPerSecond).toBe(2);
  runtime.rateLimiter?.onThrottle(0);
  expect(runtime.rateLimiter?.callsPerSecond).toBeLessThan(2);
  expect(runtime.context?.callsPerSecond).toBe(2);
  scopes.leave('apac');
  expect(runtime.context?.callsPerSecond).toBe(10);
});

describe('a fleet isn’t used', () => {
  test('while its account differs from the expected one', async () => {
    const { identify } = start({ expectedAccountID: '999999999999' });
    expect(await identify(ACCOUNT)).toBe('AccountMismatch');
    expect(await identify({ ...ACCOUNT, accountID: '999999999999' })).toBe('usable');
  });
  test('after its account changed externally', async () => {
    const { identify } = start();
    await identify(ACCOUNT);
    expect(await identify({ ...ACCOUNT, accountID: '222222222222' })).toBe('AccountMismatch');
    expect(await identify(ACCOUNT)).toBe('usable');
  });
  test.each<FleetErrorKind>(['AccessDenied', 'Unauthenticated'])('after AWS returns %s', async (kind) => {
    const { identify } = start();
    await identify(ACCOUNT);
    expect(await identify(kind)).toBe(kind);
  });
  test('after it is closed', async () => {
    const { runtime, identify, isClosed } = start();
    await identify(ACCOUNT);
    runtime.close();
    expect(runtime.context).toBeUndefined();
    expect(isClosed()).toBe(true);
  });
});

test('while AWS doesn’t respond, a new fleet isn’t used and a confirmed one stays in use', async () => {
  const { identify } = start();
  expect(await identify('Unavailable')).toBe('Unavailable');
  expect(await identify(ACCOUNT)).toBe('usable');
  expect(await identify('Unavailable')).toBe('usable');
});

describe('a change of the resource', () => {
  test('that affects only limits keeps the connection', async () => {
    const { runtime, identify } = start();
    await identify(ACCOUNT);
    const { inventory } = runtime;
    expect(runtime.update(fleetNamed('emea', { suspend: true, maxDisassociationsPerHour: 3 }))).toBe(true);
    expect(runtime.isSuspended).toBe(true);
    expect(runtime.quota.limit).toBe(3);
    expect(runtime.context?.limits.suspend).toBe(true);
    expect(runtime.inventory).toBe(inventory);
  });
  test.each([
    { region: 'eu-west-1' },
    { roleARN: 'arn:aws:iam::111111111111:role/wsap' },
    { expectedAccountID: '111111111111' },
  ])('that affects the AWS access requires a new connection: %j', (spec) => {
    expect(start().runtime.update(fleetNamed('emea', spec))).toBe(false);
  });
});

describe('after a restart with credentials of another account', () => {
  const ROLE = { roleARN: 'arn:aws:iam::111111111111:role/wsap' };
  const NEW = 'AWS reports account 111111111111 (arn:aws:iam::111111111111:user/x), but';
  test.each<
    [rule: string, spec: Parameters<typeof fleetNamed>[1], recorded: string[], ambient: boolean, expected: string]
  >([
    ['a fleet that used no account before is used', {}, [], false, 'usable'],
    ['a fleet in the recorded account is used', {}, ['111111111111', '111111111111'], false, 'usable'],
    ['a fleet with another recorded account isn’t used', {}, ['222222222222'], false, 'AccountMismatch'],
    ['one of several records is sufficient', {}, ['111111111111', '222222222222'], false, 'AccountMismatch'],
    [
      'a fleet with the expected account is used',
      { expectedAccountID: '111111111111' },
      ['222222222222'],
      false,
      'usable',
    ],
    ['a fleet with a role in the account is used', ROLE, ['222222222222'], false, 'usable'],
    ['the ambient fleet in the recorded account is used', {}, ['111111111111'], true, 'usable'],
    ['the ambient fleet with another recorded account isn’t used', {}, ['222222222222'], true, 'AccountMismatch'],
  ])('%s', async (_, spec, recorded, ambient, expected) => {
    expect(await start(spec, { recorded, ambient }).identify(ACCOUNT)).toBe(expected);
  });

  test.each([
    [false, 'this fleet used', 'set spec.expectedAccountID to 111111111111'],
    [true, 'the operator used', 'create the WorkspaceFleet default with spec.expectedAccountID 111111111111'],
  ])('the message shows how to accept it (ambient: %s)', async (ambient, who, remedy) => {
    const { runtime, identify } = start({}, { recorded: ['222222222222'], ambient });
    await identify(ACCOUNT);
    expect(runtime.blocker).toEqual({
      reason: 'AccountMismatch',
      message:
        `${NEW} ${who} account 222222222222 before; the operator does not use this account; ` +
        `correct the credentials, or, to accept the account, ${remedy}`,
      terminal: true,
    });
  });
});

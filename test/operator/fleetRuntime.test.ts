import { describe, expect, test } from 'vitest';
import { FleetError, type FleetErrorKind } from '../../src/fleet/errors.ts';
import { DisassociationQuota } from '../../src/history/disassociationQuota.ts';
import { AwsScopes } from '../../src/operator/awsScopes.ts';
import { FleetRuntime } from '../../src/operator/fleetRuntime.ts';
import { fleetNamed } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';

const ACCOUNT = { accountID: '111111111111', arn: 'arn:aws:iam::111111111111:user/x', region: 'eu-central-1' };

/** A fleet at work, and what AWS is to say of its identity next. */
function operate(spec: Parameters<typeof fleetNamed>[1] = {}) {
  const answers: (typeof ACCOUNT | FleetErrorKind)[] = [];
  const clock = new VirtualClock();
  const aws = Object.assign(new FakeFleet(), { urgent: new FakeFleet(), calls: () => [] });
  let isClosed = false;
  const runtime = new FleetRuntime(fleetNamed('emea', spec), {
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
    scopes: new AwsScopes(clock),
    clock,
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

test('nothing of a fleet is used before AWS has said whose account it is', async () => {
  const { runtime, identify } = operate();
  expect(runtime.context).toBeUndefined();
  expect(await identify(ACCOUNT)).toBe('usable');
  expect(runtime.context?.location).toEqual({ name: 'emea', accountID: '111111111111', region: 'eu-central-1' });
});

describe('a fleet is not used', () => {
  test('if it is another account than expected, until it is that one', async () => {
    const { identify } = operate({ expectedAccountID: '999999999999' });
    expect(await identify(ACCOUNT)).toBe('AccountMismatch');
    expect(await identify({ ...ACCOUNT, accountID: '999999999999' })).toBe('usable');
  });
  test('if the account becomes another behind its back, expected or not', async () => {
    const { identify } = operate();
    await identify(ACCOUNT);
    expect(await identify({ ...ACCOUNT, accountID: '222222222222' })).toBe('AccountMismatch');
    expect(await identify(ACCOUNT)).toBe('usable');
  });
  test.each<FleetErrorKind>(['AccessDenied', 'Unauthenticated'])('once AWS says %s', async (kind) => {
    const { identify } = operate();
    await identify(ACCOUNT);
    expect(await identify(kind)).toBe(kind);
  });
  test('once it is closed', async () => {
    const { runtime, identify, isClosed } = operate();
    await identify(ACCOUNT);
    runtime.close();
    expect(runtime.context).toBeUndefined();
    expect(isClosed()).toBe(true);
  });
});

test('where AWS gives no answer, a fleet isn’t begun to be used, and one in use stays so', async () => {
  const { identify } = operate();
  expect(await identify('Unavailable')).toBe('Unavailable');
  expect(await identify(ACCOUNT)).toBe('usable');
  expect(await identify('Unavailable')).toBe('usable');
});

describe('a change of its resource', () => {
  test('that concerns the terms alone keeps all that is known', async () => {
    const { runtime, identify } = operate();
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
  ])('that leads somewhere else takes another connection: %j', (spec) => {
    expect(operate().runtime.update(fleetNamed('emea', spec))).toBe(false);
  });
});

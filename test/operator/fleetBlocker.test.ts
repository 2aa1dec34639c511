import { describe, expect, test } from 'vitest';
import { fleetBlocker, lostItsFleet } from '../../src/operator/fleetBlocker.ts';
import { ambientFleet } from '../../src/policy/workspaceFleet.ts';
import { fleetNamed, policy, VISIO, ws } from '../builders.ts';

const AMBIENT = ambientFleet({ callsPerSecond: 2, burst: 5 });
const emea = fleetNamed('emea');

describe('a policy that was about the default fleet', () => {
  test.each([
    ['waits for a person once that is gone', policy(), AMBIENT, 'default', 'FleetNotFound'],
    ['goes on with the default fleet', policy(), fleetNamed('default'), 'default', undefined],
    [
      'goes on with the fleet that it names now',
      policy('p', { fleetRef: { name: 'emea' } }),
      emea,
      'default',
      undefined,
    ],
  ])('%s', (_, one, fleet, previous, expected) => {
    expect(lostItsFleet(one, fleet, { fleet: { name: previous } })?.reason).toBe(expected);
  });
});

test.each([undefined, {}, { fleet: { accountID: '123456789012' } }, { fleet: { name: 'emea' } }])(
  'a policy whose last fleet was none, or one that it had named, may be about the operator’s own account: %j',
  (previous) => {
    expect(lostItsFleet(policy(), AMBIENT, previous)).toBeUndefined();
  },
);

describe('a policy can’t be evaluated', () => {
  const blocker = { reason: 'AccessDenied', message: 'no', terminal: true };
  test('in a fleet that can’t be used, and says what of it', () => {
    expect(fleetBlocker(policy(), emea, { blocker })).toEqual({
      reason: 'FleetNotReady',
      message: "the WorkspaceFleet emea can't be used (AccessDenied): no",
      terminal: true,
    });
  });
  test('with exceptions where they are forbidden', () => {
    const exceptions = [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'mine' }];
    const forbidding = fleetNamed('emea', { exceptions: 'Forbid' });
    expect(fleetBlocker(policy('p', { exceptions }), forbidding, undefined)?.reason).toBe('ExceptionsForbidden');
    expect(fleetBlocker(policy('p', { exceptions }), emea, undefined)).toBeUndefined();
    expect(fleetBlocker(policy('p'), forbidding, undefined)).toBeUndefined();
  });
});

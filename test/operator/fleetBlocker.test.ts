import { describe, expect, test } from 'vitest';
import { fleetBlocker, usedWorkspaceFleet } from '../../src/operator/fleetBlocker.ts';
import { ambientFleet } from '../../src/policy/workspaceFleet.ts';
import { fleetNamed, policy, VISIO, ws } from '../builders.ts';

const AMBIENT = ambientFleet({ callsPerSecond: 2, burst: 5 });
const emea = fleetNamed('emea');

test.each([
  ['is blocked if the default fleet was deleted', AMBIENT, 'default', 'FleetNotFound'],
  ['is blocked if it named another fleet before', AMBIENT, 'emea', 'FleetNotFound'],
  ['continues with the default fleet', fleetNamed('default'), 'default', undefined],
  ['continues with the fleet that it names', emea, 'default', undefined],
])('a policy that used a WorkspaceFleet %s', (_, fleet, previous, expected) => {
  expect(usedWorkspaceFleet(fleet, { fleet: { name: previous } })?.reason).toBe(expected);
});

test.each([undefined, {}, { fleet: { accountID: '123456789012' } }])(
  'a policy that used no WorkspaceFleet may use the ambient fleet: %j',
  (previous) => {
    expect(usedWorkspaceFleet(AMBIENT, previous)).toBeUndefined();
  },
);

describe('a policy is blocked', () => {
  const blocker = { reason: 'AccessDenied', message: 'no', terminal: true };
  test('with the reason of its fleet if the fleet can’t be used', () => {
    expect(fleetBlocker(policy(), emea, { blocker })).toEqual({
      reason: 'FleetNotReady',
      message: "the WorkspaceFleet emea can't be used (AccessDenied): no",
      terminal: true,
    });
  });
  test('if it has exceptions and its fleet forbids them', () => {
    const exceptions = [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'mine' }];
    const forbidding = fleetNamed('emea', { exceptions: 'Forbid' });
    expect(fleetBlocker(policy('p', { exceptions }), forbidding, undefined)?.reason).toBe('ExceptionsForbidden');
    expect(fleetBlocker(policy('p', { exceptions }), emea, undefined)).toBeUndefined();
    expect(fleetBlocker(policy('p'), forbidding, undefined)).toBeUndefined();
  });
});

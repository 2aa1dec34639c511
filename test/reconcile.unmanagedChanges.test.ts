import { describe, expect, test } from 'vitest';
import type { Policy } from '../src/policy/policy.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, ws } from './builders.ts';
import { FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';

type Spec = Parameters<typeof policy>[1];

const noVisio = policy('no-visio');
const noOffice = (more: Spec = {}) => policy('no-office', { applications: { denied: [{ id: OFFICE }] }, ...more });
const inHr = (one: Policy): Policy => ({ ...one, namespace: 'hr', key: `hr/${one.name}` });
const closed = { rollout: { maintenanceWindows: [{ cron: '0 22 * * *', duration: '1h' }] } };
const manual = { rollout: { deploy: 'Manual' as const } };

/** Returns the message of the held removal of Visio, while the removal of Office is pending on the same WorkSpace. */
async function messageBeside(others: readonly Policy[], own = noVisio, applications = APPLICATIONS) {
  const office = association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' });
  const fleet = fakeFleet(1, [...visioOnFirst(1), office], { applications });
  const { status } = await new FakeOperator(fleet, own, ...others).run();
  expect(fleet.changes()).toEqual([]);
  const held = status.associations?.find(({ associatedResourceID }) => associatedResourceID === VISIO);
  expect(held).toMatchObject({ holdReason: 'UnmanagedChangesPending' });
  return held?.message;
}

describe('a change beside a pending change names', () => {
  const listed = `${OFFICE} (PENDING_UNINSTALL_DEPLOYMENT)`;
  const manually = 'someone deploys or reverts it manually';
  test.each<[string, readonly Policy[], string]>([
    ['no policy if none requests it', [], `that no policy requests: ${listed}; deploy or revert it manually`],
    [
      'no policy if one only audits it',
      [noOffice({ enforcement: 'Audit' })],
      `that no policy requests: ${listed}; deploy or revert it manually`,
    ],
    [
      'no policy if one requests the opposite',
      [policy('office', { applications: { required: [{ id: OFFICE }] }, ...manual })],
      `that no policy requests: ${listed}; deploy or revert it manually`,
    ],
    [
      'a policy with deploy: Manual',
      [noOffice(manual)],
      `that desktops/no-office requests: ${listed}; the wait ends when ${manually}, because that policy has deploy: Manual`,
    ],
    [
      'a policy whose window is closed',
      [noOffice(closed)],
      `that desktops/no-office requests: ${listed}; the wait ends when that policy deploys it in its next maintenance window (2026-01-05 22:00 UTC), or ${manually}`,
    ],
    [
      'a suspended policy',
      [noOffice({ suspend: true })],
      `that desktops/no-office requests: ${listed}; the wait ends when that policy is resumed and deploys it, or ${manually}`,
    ],
    [
      'a policy that awaits an approval',
      [noOffice({ enforcement: 'Approve' })],
      `that desktops/no-office requests: ${listed}; the wait ends when that policy deploys it (its status shows what it waits for), or ${manually}`,
    ],
    [
      'no name of a policy in another namespace',
      [inHr(noOffice(manual))],
      `that a policy of another namespace requests: ${listed}; the wait ends when ${manually}, because that policy has deploy: Manual`,
    ],
    [
      'a policy of the same namespace first',
      [inHr(noOffice(manual)), noOffice(manual)],
      `that desktops/no-office requests: ${listed}`,
    ],
  ])('%s', async (_, others, expected) => {
    expect(await messageBeside(others)).toContain(`a deployment would also carry out a change ${expected}`);
  });

  test('no policy if the policies contradict each other about it', async () => {
    const both = policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } });
    const allowsOffice = policy('office', { applications: { allowed: [{ id: OFFICE }] } });
    expect(await messageBeside([allowsOffice], both)).toContain(`a change that no policy requests: ${listed}`);
  });

  test('its own policy if the pending change has another hold', async () => {
    const both = policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } });
    const applications = APPLICATIONS.map((one) =>
      one.applicationID === OFFICE ? { ...one, state: 'UNINSTALL_ONLY' } : one,
    );
    expect(await messageBeside([], both, applications)).toContain(
      `another change of this policy that isn't due yet, for example, because it is on hold: ${listed}; the wait ends when this policy deploys it, or ${manually}`,
    );
  });

  test('its own policy if the status has shown the pending change for too short a time', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const both = policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } });
    const operator = new FakeOperator(fleet, both);
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(5_000);
    // Somebody marks the other application for removal between the listing and the change.
    fleet.put(association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }));
    const { outcome } = await operator.run();
    expect(fleet.changes()).toEqual([]);
    expect(outcome.held.map(({ message }) => message)).toEqual([
      `a deployment would also carry out another change of this policy that isn't due yet, for example, because it is on hold: ${listed}; the wait ends when this policy deploys it, or ${manually}`,
    ]);
  });

  test('a policy of another namespace in the log only, also if a fresh read finds its change', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, noVisio, inHr(noOffice(manual)));
    operator.gracePeriodMs = 5_000;
    await operator.run();
    await operator.clock.advance(5_000);
    fleet.put(association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }));
    const { outcome, status } = await operator.run();
    expect(fleet.changes()).toEqual([]);
    expect(outcome.held).toMatchObject([
      {
        reason: 'UnmanagedChangesPending',
        message: expect.stringContaining('a change that a policy of another namespace requests'),
        unredacted: expect.stringContaining('a change that hr/no-office requests'),
      },
    ]);
    expect(JSON.stringify(status)).not.toContain('hr/');
  });
});

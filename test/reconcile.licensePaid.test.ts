import { describe, expect, test } from 'vitest';
import { association, OFFICE, PROJECT, policy, VISIO, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { HOUR, MINUTE } from './fixtures.ts';

type Spec = NonNullable<Parameters<typeof policy>[1]>;

/** Returns a policy that removes applications in the final days of the month. */
function untilEndOfMonth({ rollout, ...spec }: Spec = {}, name = 'p') {
  return policy(name, { interval: '12h', ...spec, rollout: { removeBefore: 'EndOfMonth', ...rollout } });
}

/** Runs the operator until a time. */
async function passUntil(operator: FakeOperator, time: string): Promise<void> {
  await operator.pass(new Date(time).getTime() - operator.clock.now().getTime());
}

const removal = (n: number) => [`disassociate ${ws(n)} ${VISIO}`, `deploy ${ws(n)}`];
const stateOf = (fleet: FakeFleet, n = 1) => fleet.stateOf(ws(n), VISIO);

describe('with removeBefore: EndOfMonth, a removal', () => {
  test('waits for the final days of the month, and is made as they begin', async () => {
    const fleet = fakeFleet(3, visioOnFirst(1));
    const operator = new FakeOperator(fleet, untilEndOfMonth());
    const { status } = await operator.run();
    expect(status.associations).toMatchObject([{ action: 'Disassociate', holdReason: 'LicensePaid' }]);
    expect(status.summary?.[1]).toMatch(/disassociate after 2026-01-29 00:00 UTC \(LicensePaid\)$/);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    expect(condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'LicensePaid' });
    expect(status.plan).toMatchObject({ disassociate: 1, held: 1 });
    await passUntil(operator, '2026-01-28T23:59:59Z');
    expect(fleet.changes()).toEqual([]);
    await operator.pass(MINUTE);
    expect(fleet.changes()).toEqual(removal(1));
  });

  test('begins as the second last window opens', async () => {
    const fleet = fakeFleet(3, visioOnFirst(1));
    const saturdays = [{ cron: '0 22 * * 6', timeZone: 'Europe/Berlin', duration: '2h' }];
    const operator = new FakeOperator(fleet, untilEndOfMonth({ rollout: { maintenanceWindows: saturdays } }));
    await passUntil(operator, '2026-01-10T22:00:00Z');
    expect(operator.status()?.associations).toMatchObject([{ holdReason: 'LicensePaid' }]);
    await passUntil(operator, '2026-01-17T20:59:59Z');
    expect(fleet.changes()).toEqual([]);
    await operator.pass(MINUTE);
    expect(fleet.changes()).toEqual(removal(1));
  });

  test('of drift that appears after the final days of one month waits for those of the next one', async () => {
    const fleet = fakeFleet(3, []);
    const operator = new FakeOperator(fleet, untilEndOfMonth());
    await passUntil(operator, '2026-02-02T00:00:00Z');
    fleet.put(association(ws(1), VISIO));
    await passUntil(operator, '2026-02-25T23:59:59Z');
    expect(fleet.changes()).toEqual([]);
    await operator.pass(12 * HOUR);
    expect(stateOf(fleet)).toBe('REMOVED');
  });

  test('that another person started is not deployed for an application that is restored without a deployment', async () => {
    const pending = { state: 'PENDING_UNINSTALL_DEPLOYMENT' };
    const fleet = fakeFleet(1, [association(ws(1), VISIO, pending), association(ws(1), OFFICE, pending)]);
    const applications = { required: [{ id: OFFICE }], denied: [{ id: VISIO }] };
    const safeguards = { maxAffectedWorkspaces: '100%', unmanagedPendingChanges: 'Deploy' as const };
    const operator = new FakeOperator(fleet, untilEndOfMonth({ applications, safeguards }));
    await operator.pass(HOUR);
    expect(fleet.changes()).toEqual([`associate ${ws(1)} ${OFFICE}`]);
    expect(operator.status()?.associations).toContainEqual(
      expect.objectContaining({ associatedResourceID: VISIO, action: 'Deploy', holdReason: 'LicensePaid' }),
    );
  });

  test('that was missed waits for the end of the next month, although it has been started', async () => {
    const fleet = fakeFleet(3, visioOnFirst(2));
    fleet.putConnection({ workspaceID: ws(1), connectionState: 'CONNECTED' });
    const disassociate = fleet.disassociateWorkspaceApplication.bind(fleet);
    fleet.disassociateWorkspaceApplication = async (...args) => {
      fleet.putConnection({ workspaceID: ws(2), connectionState: 'CONNECTED' });
      await operator.clock.advance(20_000);
      return disassociate(...args);
    };
    const operator = new FakeOperator(fleet, untilEndOfMonth());
    await passUntil(operator, '2026-02-01T00:00:00Z');
    expect([stateOf(fleet, 1), stateOf(fleet, 2)]).toEqual(['COMPLETED', 'PENDING_UNINSTALL_DEPLOYMENT']);
    for (const n of [1, 2]) {
      fleet.putConnection({ workspaceID: ws(n), connectionState: 'DISCONNECTED' });
    }
    fleet.disassociateWorkspaceApplication = disassociate;
    await operator.pass(12 * HOUR);
    expect(operator.status()?.associations).toMatchObject([
      { action: 'Disassociate', holdReason: 'LicensePaid' },
      { action: 'Deploy', holdReason: 'LicensePaid' },
    ]);
    await passUntil(operator, '2026-02-25T23:59:59Z');
    expect([stateOf(fleet, 1), stateOf(fleet, 2)]).toEqual(['COMPLETED', 'PENDING_UNINSTALL_DEPLOYMENT']);
    await operator.pass(12 * HOUR);
    expect([stateOf(fleet, 1), stateOf(fleet, 2)]).toEqual(['REMOVED', 'REMOVED']);
  });

  test('is completed by the run that started it before the month ended', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const operator = new FakeOperator(fleet, untilEndOfMonth());
    const { clock } = operator;
    await clock.advance(new Date('2026-01-31T23:59:59Z').getTime() - clock.now().getTime());
    const disassociate = fleet.disassociateWorkspaceApplication.bind(fleet);
    fleet.disassociateWorkspaceApplication = async (...args) => {
      const result = await disassociate(...args);
      await clock.advance(20_000);
      return result;
    };
    await operator.run();
    expect(clock.now().toISOString()).toContain('2026-02-01');
    expect(fleet.changes()).toEqual(removal(1));
  });

  test('can be approved before the final days, and is then made in them', async () => {
    const fleet = fakeFleet(3, visioOnFirst(1));
    const operator = new FakeOperator(fleet, untilEndOfMonth({ enforcement: 'Approve' }));
    const { status } = await operator.run();
    expect(condition(status, 'Compliant')).toMatchObject({ reason: 'AwaitingApproval' });
    operator.approvedPlan = status.plan?.id;
    await operator.pass(24 * HOUR);
    expect(fleet.changes()).toEqual([]);
    expect(operator.status()?.associations).toMatchObject([{ holdReason: 'LicensePaid' }]);
    operator.restart();
    await passUntil(operator, '2026-01-28T23:59:59Z');
    expect(fleet.changes()).toEqual([]);
    await operator.pass(12 * HOUR);
    expect(fleet.changes()).toEqual(removal(1));
  });
});

describe('with removeBefore: EndOfMonth, an installation', () => {
  const both = { applications: { denied: [{ id: VISIO }], required: [{ id: PROJECT }] } };

  test('does not wait, and reaches all WorkSpaces although the removals of the first one wait', async () => {
    const fleet = fakeFleet(6, visioOnFirst(6));
    const operator = new FakeOperator(
      fleet,
      untilEndOfMonth({ ...both, interval: '10m', rollout: { maxFailures: 2 } }),
    );
    await operator.pass(6 * HOUR);
    // Otherwise, one WorkSpace after the other would go alone.
    expect(operator.status()?.rollout).toMatchObject({ canarySucceeded: true });
    expect([1, 2, 3, 4, 5, 6].map((n) => fleet.stateOf(ws(n), PROJECT))).toEqual(Array(6).fill('COMPLETED'));
    expect([1, 2, 3, 4, 5, 6].map((n) => stateOf(fleet, n))).toEqual(Array(6).fill('COMPLETED'));
  });

  test.each([
    ['the same policy', [untilEndOfMonth({ ...both, interval: '10m' })]],
    [
      'another policy',
      [
        untilEndOfMonth({ interval: '10m' }),
        policy('q', { interval: '10m', applications: { required: [{ id: PROJECT }] } }),
      ],
    ],
  ])('of %s is not delayed by a removal that was missed, and deploys it', async (_, policies) => {
    const fleet = fakeFleet(3, [
      ...visioOnFirst(1).map((one) => ({ ...one, state: 'PENDING_UNINSTALL_DEPLOYMENT' })),
      ...[2, 3].map((n) => association(ws(n), PROJECT)),
    ]);
    const operator = new FakeOperator(fleet, ...policies);
    await operator.pass(2 * HOUR);
    expect(fleet.stateOf(ws(1), PROJECT)).toBe('COMPLETED');
    expect(stateOf(fleet)).toBe('REMOVED');
  });
});

test('another policy that removes the application does not wait', async () => {
  const fleet = fakeFleet(3, [...visioOnFirst(1), association(ws(1), OFFICE)]);
  const others = policy('q', { interval: '10m', applications: { denied: [{ id: OFFICE }] } });
  const operator = new FakeOperator(fleet, untilEndOfMonth(), others);
  await operator.pass(2 * HOUR);
  expect(fleet.stateOf(ws(1), OFFICE)).toBe('REMOVED');
  expect(stateOf(fleet)).toBe('COMPLETED');
});

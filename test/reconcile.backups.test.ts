import { describe, expect, test } from 'vitest';
import { association, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { HOUR, MINUTE } from './fixtures.ts';

/** A backup restores a policy as another object, whose status is absent or shows what the earlier object showed. */
describe.each([true, false])('a policy that was restored from a backup, with its status: %s', (keepsStatus) => {
  const restore = (operator: FakeOperator, spec: Parameters<typeof policy>[1] = {}) => {
    operator.restart();
    operator.recreate(policy('p', spec), keepsStatus);
  };
  const removedIn = (fleet: FakeFleet) => fleet.changes().filter((change) => change.startsWith('disassociate'));

  test('shows each change again before the operator makes it', async () => {
    const fleet = fakeFleet(2, visioOnFirst(2));
    const operator = new FakeOperator(fleet, policy('p'));
    operator.gracePeriodMs = 5_000;
    operator.mayAct = false;
    await operator.pass(MINUTE);
    operator.mayAct = true;
    restore(operator);
    const { status } = await operator.run();
    expect(status.plan).toMatchObject({ disassociate: 2 });
    expect(fleet.mutations).toEqual([]);
    await operator.clock.advance(6_000);
    await operator.run();
    expect(removedIn(fleet)).toHaveLength(2);
  });

  test('removes nothing that only the earlier spec denied', async () => {
    const fleet = fakeFleet(2, []);
    const operator = new FakeOperator(
      fleet,
      policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } }),
    );
    await operator.run();
    // The backup is older than the entry for Office.
    restore(operator);
    fleet.put(association(ws(1), OFFICE));
    fleet.put(association(ws(2), VISIO));
    await operator.pass(HOUR);
    expect(removedIn(fleet)).toEqual([`disassociate ${ws(2)} ${VISIO}`]);
    expect(fleet.stateOf(ws(1), OFFICE)).toBe('COMPLETED');
  });

  test('holds an application that keeps coming back only if its status was restored', async () => {
    const fleet = fakeFleet(1, []);
    const operator = new FakeOperator(fleet, policy('p'));
    for (let time = 1; time <= 3; time++) {
      fleet.put(association(ws(1), VISIO));
      await operator.pass(HOUR);
    }
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
    restore(operator);
    fleet.put(association(ws(1), VISIO));
    await operator.pass(HOUR);
    expect(fleet.stateOf(ws(1), VISIO)).toBe(keepsStatus ? 'COMPLETED' : 'REMOVED');
    expect(operator.status()?.associations?.[0]?.holdReason).toBe(keepsStatus ? 'Flapping' : undefined);
  });

  test('does not deploy or revert what the earlier object began', async () => {
    const fleet = fakeFleet(1, visioOnFirst(1));
    const manual = { rollout: { deploy: 'Manual' as const } };
    const operator = new FakeOperator(fleet, policy('p', manual));
    await operator.pass(MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    const made = fleet.mutations.length;
    restore(operator, { applications: { allowed: [{ id: VISIO }] } });
    await operator.pass(HOUR);
    expect(fleet.mutations).toHaveLength(made);
  });

  test('knows that AWS restored a WorkSpace only if its status was restored', async () => {
    const spec = { applications: { required: [{ id: OFFICE }], denied: [{ id: VISIO }] } };
    const fleet = fakeFleet(1, [association(ws(1), OFFICE)]);
    const operator = new FakeOperator(fleet, policy('p', spec));
    await operator.run();
    fleet.putWorkspace(workspace(ws(1), { state: 'RESTORING' }));
    await operator.pass(HOUR);
    fleet.putWorkspace(workspace(ws(1), { state: 'AVAILABLE' }));
    await operator.pass(HOUR);
    restore(operator, spec);
    await operator.pass(HOUR);
    const listed = operator.status()?.restoredWorkspaces?.map(({ workspaceID }) => workspaceID);
    expect(listed).toEqual(keepsStatus ? [ws(1)] : undefined);
    expect(fleet.mutations).toEqual([]);
  });
});

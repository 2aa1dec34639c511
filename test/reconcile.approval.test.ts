import { describe, expect, test } from 'vitest';
import { association, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

/** Returns an operator for five WorkSpaces with Visio. */
function setUp(spec: Parameters<typeof policy>[1] = { enforcement: 'Approve' }) {
  const fleet = fakeFleet(5, visioOnFirst(5));
  return { fleet, operator: new FakeOperator(fleet, policy('p', spec)) };
}

const removedIn = (fleet: FakeFleet) => fleet.associations.filter(({ state }) => state === 'REMOVED').length;

describe('with enforcement: Approve', () => {
  test('the operator applies exactly the approved plan, including its deployments', async () => {
    const { fleet, operator } = setUp();
    await operator.pass(30 * MINUTE);
    const { status } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    expect(condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'AwaitingApproval' });
    expect(condition(status, 'Ready')?.message).toContain(
      `kubectl -n desktops annotate --overwrite wsap p wsap.dev/approved-plan=${status.plan?.id}`,
    );
    operator.approvedPlan = 'another';
    await operator.pass(10 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    operator.approvedPlan = status.plan?.id;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
    const done = (await operator.run()).status;
    expect(done.lastApprovedPlan).toBe(status.plan?.id);
    expect(done.history).toMatchObject([{ plan: status.plan?.id, disassociated: 5, deployed: 5 }]);
  });

  test('later drift requires a new approval', async () => {
    const { fleet, operator } = setUp();
    operator.approvedPlan = (await operator.run()).status.plan?.id;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
    fleet.put(association(ws(1), VISIO));
    await operator.pass(30 * MINUTE);
    expect(fleet.association(ws(1), VISIO)?.state).toBe('COMPLETED');
    const { plan } = (await operator.run()).status;
    expect(plan?.id).not.toBe(operator.approvedPlan);
    operator.approvedPlan = plan?.id;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
  });

  test('an approved rollout continues after a restart', async () => {
    const { fleet, operator } = setUp({ enforcement: 'Approve', rollout: { maxInProgress: 1 } });
    operator.approvedPlan = (await operator.run()).status.plan?.id;
    await operator.run();
    expect(fleet.mutations.length).toBeGreaterThan(0);
    expect(removedIn(fleet)).toBe(0);
    operator.restart();
    await operator.pass(60 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
  });

  test('an unapproved plan stays unapproved after a restart', async () => {
    const { fleet, operator } = setUp();
    await operator.run();
    operator.restart();
    await operator.pass(30 * MINUTE);
    expect(fleet.mutations).toEqual([]);
  });
});

describe('a plan that exceeds the safeguard', () => {
  const few = { safeguards: { maxAffectedWorkspaces: 2 } };

  test('is applied completely after its approval', async () => {
    const { fleet, operator } = setUp(few);
    const { status } = await operator.run();
    expect(condition(status, 'Ready')?.message).toContain(`wsap.dev/approved-plan=${status.plan?.id}`);
    operator.approvedPlan = status.plan?.id;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
    expect(condition((await operator.run()).status, 'Stalled')).toBeUndefined();
  });

  test('is not approved by the approval of a smaller plan', async () => {
    const { fleet, operator } = setUp(few);
    operator.approvedPlan = (await operator.run()).status.plan?.id;
    fleet.putWorkspace(workspace(ws(6)));
    fleet.put(association(ws(6), VISIO));
    await operator.clock.advance(11 * MINUTE);
    await operator.run();
    expect(fleet.mutations).not.toContainEqual(expect.objectContaining({ workspaceID: ws(6) }));
  });
});

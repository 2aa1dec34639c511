import { describe, expect, test } from 'vitest';
import { approvalPreview } from '../src/status/approvalPreview.ts';
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
    // The first run records the approval.
    await operator.run();
    await operator.run();
    expect(fleet.mutations.length).toBeGreaterThan(0);
    expect(removedIn(fleet)).toBe(0);
    operator.restart();
    await operator.pass(60 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
  });

  test('the status records an approval before the first change', async () => {
    const { fleet, operator } = setUp();
    operator.approvedPlan = (await operator.run()).status.plan?.id;
    const { status, requeueAfter } = await operator.run();
    expect(status).toMatchObject({
      lastHandledApproval: operator.approvedPlan,
      lastApprovedPlan: operator.approvedPlan,
    });
    expect(fleet.mutations).toEqual([]);
    expect(requeueAfter).toBeLessThan(1_000);
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

describe('an approval belongs to the plan that the status showed', () => {
  /** Evaluates the policy again after the next listing. */
  const next = async (operator: FakeOperator) => {
    await operator.clock.advance(11 * MINUTE);
    return (await operator.run()).status;
  };
  /** Returns an operator whose proposal for three WorkSpaces shrank to two, and the ID of the proposal. */
  async function shrunk() {
    const fleet = fakeFleet(3, visioOnFirst(3));
    const operator = new FakeOperator(fleet, policy('p', { enforcement: 'Approve' }));
    const { plan } = (await operator.run()).status;
    fleet.drop(ws(3), VISIO);
    expect((await next(operator)).plan).toMatchObject({ id: plan?.id, disassociate: 2 });
    return { fleet, operator, id: plan?.id };
  }

  test('the ID of a proposal that shrank and grew back approves nothing, even after a restart', async () => {
    const { fleet, operator, id } = await shrunk();
    fleet.put(association(ws(3), VISIO));
    const { plan } = await next(operator);
    expect(plan?.id).not.toBe(id);
    operator.approvedPlan = id;
    await operator.pass(30 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    operator.restart();
    await operator.pass(30 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    expect(operator.status()?.plan?.id).toBe(plan?.id);
  });

  test('the ID of a proposal that shrank and grew back twice approves nothing', async () => {
    const { fleet, operator, id } = await shrunk();
    const ids = [id];
    for (let times = 1; times <= 2; times++) {
      fleet.put(association(ws(3), VISIO));
      ids.push((await next(operator)).plan?.id);
      operator.approvedPlan = id;
      await operator.pass(20 * MINUTE);
      fleet.drop(ws(3), VISIO);
      await next(operator);
    }
    fleet.put(association(ws(3), VISIO));
    ids.push((await next(operator)).plan?.id);
    await operator.pass(30 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('a proposal that shrank keeps its ID after a restart', async () => {
    const { operator, id } = await shrunk();
    operator.restart();
    expect((await next(operator)).plan).toMatchObject({ id, disassociate: 2 });
  });

  test('a proposal that shrinks while the operator is down keeps its ID, and its approval covers the rest', async () => {
    const { fleet, operator } = setUp();
    const { plan } = (await operator.run()).status;
    operator.restart();
    fleet.drop(ws(5), VISIO);
    operator.approvedPlan = plan?.id;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(4);
    expect(operator.status()?.lastApprovedPlan).toBe(plan?.id);
  });

  test('an annotation that was set while the operator was down approves the plan that the status shows', async () => {
    const { fleet, operator } = setUp();
    const { plan } = (await operator.run()).status;
    operator.restart();
    operator.approvedPlan = plan?.id;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
  });

  test('an annotation that was set while the operator was down approves no other plan', async () => {
    const { fleet, operator } = setUp();
    const { plan } = (await operator.run()).status;
    fleet.drop(ws(5), VISIO);
    await next(operator);
    fleet.put(association(ws(5), VISIO));
    const again = (await next(operator)).plan;
    operator.restart();
    operator.approvedPlan = plan?.id;
    await operator.pass(30 * MINUTE);
    expect(again?.id).not.toBe(plan?.id);
    expect(fleet.mutations).toEqual([]);
  });

  test('an annotation with the ID of a plan that the status does not show yet approves nothing', async () => {
    // Another operator in the same state predicts the ID.
    const predicted = (await setUp().operator.run()).status.plan?.id;
    const { fleet, operator } = setUp();
    operator.approvedPlan = predicted;
    await operator.pass(30 * MINUTE);
    operator.restart();
    await operator.pass(30 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    operator.approvedPlan = operator.status()?.plan?.id;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
  });

  test('an annotation on a recreated object approves nothing, with or without a restored status', async () => {
    for (const restored of [undefined, 'status']) {
      const { fleet, operator } = setUp();
      operator.approvedPlan = (await operator.run()).status.plan?.id;
      await operator.pass(30 * MINUTE);
      expect(removedIn(fleet)).toBe(5);
      visioOnFirst(5).forEach((one) => void fleet.put(one));
      operator.recreate(policy('p', { enforcement: 'Approve' }), restored !== undefined);
      await operator.pass(30 * MINUTE);
      expect(removedIn(fleet)).toBe(0);
      operator.approvedPlan = operator.status()?.plan?.id;
      await operator.pass(30 * MINUTE);
      expect(removedIn(fleet)).toBe(5);
    }
  });

  test('a restored status of another object that shows a waiting plan approves nothing', async () => {
    const { fleet, operator } = setUp();
    const { plan } = (await operator.run()).status;
    operator.approvedPlan = plan?.id;
    operator.recreate(policy('p', { enforcement: 'Approve' }), true);
    await operator.pass(30 * MINUTE);
    expect(fleet.mutations).toEqual([]);
  });

  test('what was shown is approved, and what is new is proposed separately', async () => {
    const { fleet, operator } = setUp();
    const { plan } = (await operator.run()).status;
    fleet.putWorkspace(workspace(ws(6)));
    fleet.put(association(ws(6), VISIO));
    operator.approvedPlan = plan?.id;
    const { status } = await (async () => {
      await operator.clock.advance(11 * MINUTE);
      return operator.run();
    })();
    expect(status.lastApprovedPlan).toBe(plan?.id);
    expect(status.plan?.id).not.toBe(plan?.id);
    await operator.pass(30 * MINUTE);
    expect(fleet.changedWorkspaces()).toEqual([1, 2, 3, 4, 5].map(ws));
    expect(fleet.stateOf(ws(6), VISIO)).toBe('COMPLETED');
  });

  test('the same value counts again only if the status shows the plan as waiting when it reappears', async () => {
    const { fleet, operator, id } = await shrunk();
    fleet.put(association(ws(3), VISIO));
    await next(operator);
    for (let times = 0; times < 3; times++) {
      operator.approvedPlan = id;
      await next(operator);
      operator.approvedPlan = undefined;
      await next(operator);
    }
    expect(fleet.mutations).toEqual([]);
    const waiting = operator.status()?.plan?.id;
    operator.approvedPlan = waiting;
    operator.approvedPlan = undefined;
    await operator.run();
    operator.approvedPlan = waiting;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(3);
  });

  test('the status and an Event show that an annotation is ignored, and what to do', async () => {
    const { operator } = setUp();
    await operator.run();
    operator.approvedPlan = 'another';
    const { status, events } = await operator.run();
    const command = `kubectl -n desktops annotate --overwrite wsap p wsap.dev/approved-plan=${status.plan?.id}`;
    const ignored = expect.stringMatching(
      new RegExp(`annotation wsap.dev/approved-plan is ignored.*"another".*${command}`),
    );
    expect(events).toContainEqual({ type: 'Warning', reason: 'ApprovalIgnored', message: ignored });
    expect(condition(status, 'Ready')?.message).toContain('the annotation wsap.dev/approved-plan is ignored');
    const later = await operator.run();
    expect(later.events.map(({ reason }) => reason)).not.toContain('ApprovalIgnored');
    expect(condition(later.status, 'Ready')?.message).toContain('the annotation wsap.dev/approved-plan is ignored');
    operator.restart();
    const restarted = await operator.run();
    expect(restarted.events.map(({ reason }) => reason)).not.toContain('ApprovalIgnored');
    operator.approvedPlan = status.plan?.id;
    const approved = await operator.run();
    expect(approved.events.map(({ reason }) => reason)).not.toContain('ApprovalIgnored');
    expect(condition(approved.status, 'Ready')?.message).not.toContain('is ignored');
  });

  test('with enforcement: Audit, no plan waits, so an annotation approves nothing', async () => {
    const { fleet, operator } = setUp({ enforcement: 'Audit' });
    operator.approvedPlan = (await operator.run()).status.plan?.id;
    await operator.run();
    operator.policies = [policy('p', { enforcement: 'Approve' })];
    await operator.pass(30 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    operator.approvedPlan = operator.status()?.plan?.id;
    await operator.pass(30 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
  });
});

describe('WorkSpaces with the tag wsap.dev/protect', () => {
  const PROTECTED = { 'wsap.dev/protect': '' };

  test.each(['Approve', 'Enforce'] as const)('are not part of an approval: %s', async (enforcement) => {
    const safeguards = { maxAffectedWorkspaces: enforcement === 'Approve' ? ('100%' as const) : 1 };
    const { fleet, operator } = setUp({ enforcement, safeguards });
    fleet.putTags(ws(1), PROTECTED);
    const { plan } = (await operator.run()).status;
    operator.approvedPlan = plan?.id;
    await operator.pass(60 * MINUTE);
    expect(removedIn(fleet)).toBe(4);
    fleet.putTags(ws(1), {});
    await operator.pass(90 * MINUTE);
    if (enforcement === 'Approve') {
      expect(fleet.stateOf(ws(1), VISIO)).toBe('COMPLETED');
      expect(operator.status()?.plan?.id).toMatch(/^[0-9a-f]{16}$/);
      expect(operator.status()?.plan?.id).not.toBe(plan?.id);
    }
  });

  test('that become protected after the approval need another approval', async () => {
    const { fleet, operator } = setUp({ enforcement: 'Approve', rollout: { maxInProgress: 1 } });
    operator.approvedPlan = (await operator.run()).status.plan?.id;
    fleet.putTags(ws(5), PROTECTED);
    await operator.pass(2 * 60 * MINUTE);
    expect(removedIn(fleet)).toBe(4);
    fleet.putTags(ws(5), {});
    await operator.pass(2 * 60 * MINUTE);
    expect(fleet.stateOf(ws(5), VISIO)).toBe('COMPLETED');
  });

  test('do not count toward the safeguard', async () => {
    const fleet = fakeFleet(3, visioOnFirst(3), { tags: { [ws(1)]: PROTECTED, [ws(2)]: PROTECTED } });
    const operator = new FakeOperator(fleet, policy('p', { safeguards: { maxAffectedWorkspaces: 2 } }));
    await operator.pass(30 * MINUTE);
    expect(fleet.changedWorkspaces()).toEqual([ws(3)]);
    expect(condition((await operator.run()).status, 'Stalled')).toBeUndefined();
  });

  test('are not part of a proposal while their tags are unknown', async () => {
    const { fleet, operator } = setUp();
    fleet.failNext('describeTags', 'Unavailable', { workspaceID: ws(5) });
    fleet.failNext('getResources', 'AccessDenied');
    const { status } = await operator.run();
    operator.approvedPlan = status.plan?.id;
    await operator.pass(30 * MINUTE);
    expect(fleet.changedWorkspaces()).not.toContain(ws(5));
  });

  test('are the only ones missing in a proposal if AWS rejects the read of their tags', async () => {
    const { fleet, operator } = setUp();
    fleet.failNext('describeTags', 'AccessDenied', { workspaceID: ws(5) });
    fleet.failNext('getResources', 'AccessDenied');
    const { status } = await operator.run();
    operator.approvedPlan = status.plan?.id;
    await operator.pass(30 * MINUTE);
    expect(fleet.changedWorkspaces()).toEqual([ws(1), ws(2), ws(3), ws(4)]);
  });
});

describe('the history of a policy', () => {
  test('names the approved plan, not the proposal that waits', async () => {
    const { fleet, operator } = setUp({ enforcement: 'Approve', rollout: { maxInProgress: 1 } });
    const { plan } = (await operator.run()).status;
    operator.approvedPlan = plan?.id;
    await operator.run();
    fleet.putWorkspace(workspace(ws(9)));
    fleet.put(association(ws(9), VISIO));
    await operator.clock.advance(1_000);
    operator.requestedAt = 'now';
    await operator.pass(60 * MINUTE);
    const status = operator.status();
    expect(removedIn(fleet)).toBe(5);
    expect(status?.plan?.id).not.toBe(plan?.id);
    expect(status?.history).toMatchObject([{ plan: plan?.id, disassociated: 5, deployed: 5 }]);
  });

  test('names the approved plan while an unapproved proposal waits under Enforce', async () => {
    const { fleet, operator } = setUp({ safeguards: { maxAffectedWorkspaces: 1 }, rollout: { maxInProgress: 1 } });
    const { plan } = (await operator.run()).status;
    operator.approvedPlan = plan?.id;
    await operator.run();
    for (const n of [8, 9]) {
      fleet.putWorkspace(workspace(ws(n)));
      fleet.put(association(ws(n), VISIO));
    }
    await operator.clock.advance(1_000);
    operator.requestedAt = 'now';
    await operator.pass(60 * MINUTE);
    expect(removedIn(fleet)).toBe(5);
    expect(operator.status()?.history).toMatchObject([{ plan: plan?.id, disassociated: 5 }]);
  });
});

test('an approval covers the deployment that follows, even in a later window and after a restart', async () => {
  const { fleet, operator } = setUp({ enforcement: 'Approve', rollout: { deploy: 'Manual' } });
  operator.approvedPlan = (await operator.run()).status.plan?.id;
  await operator.pass(5 * MINUTE);
  expect(fleet.associations.map(({ state }) => state)).toEqual(Array(5).fill('PENDING_UNINSTALL_DEPLOYMENT'));
  operator.restart();
  operator.policies = [{ ...policy('p', { enforcement: 'Approve' }), generation: 2 }];
  await operator.pass(30 * MINUTE);
  expect(removedIn(fleet)).toBe(5);
});

test('the preview of an approval shows that the plan of an Approve policy exceeds the safeguard', async () => {
  const spec = { enforcement: 'Approve', safeguards: { maxAffectedWorkspaces: 1 } } as const;
  const operator = new FakeOperator(fakeFleet(10, visioOnFirst(5)), policy('p', spec));
  const { status } = await operator.run();
  const preview = approvalPreview({ metadata: { namespace: 'desktops', name: 'p' }, status });
  expect(preview).toContain(
    '\nExceeds maxAffectedWorkspaces: the plan removes applications from 5 WorkSpaces, and at most 1 are allowed.\n',
  );
  const within = new FakeOperator(fakeFleet(10, visioOnFirst(5)), policy('p', { enforcement: 'Approve' }));
  const small = await within.run();
  expect(approvalPreview({ metadata: { name: 'p' }, status: small.status })).not.toContain('Exceeds');
});

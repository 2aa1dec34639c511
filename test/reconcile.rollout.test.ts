import { expect, test } from 'vitest';
import { statusChanged } from '../src/status/status.ts';
import { association, policy, VISIO, ws } from './builders.ts';
import { FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

test('the status of a rollout shows what is complete, what remains, and until when', async () => {
  const first = policy('no-visio', { rollout: { maxInProgress: 2 } });
  const operator = new FakeOperator(fakeFleet(4, visioOnFirst(4)), first);
  operator.gracePeriodMs = 5 * SECOND;
  const { status } = await operator.run();
  expect(status.rollout).toEqual({ workspaces: 4, completed: 0, remaining: 4, failed: 0, estimatedDuration: '10s' });
  expect(status.summary?.at(-1)).toBe('rollout: 0 of 4 WorkSpaces changed, 4 remain, about 10s at the allowed rate');
  const seen: unknown[] = [];
  for (let second = 0; second < 120; second++) {
    await operator.pass(SECOND);
    const { completed, remaining } = operator.status()?.rollout ?? {};
    seen.push([completed, remaining]);
  }
  expect(seen).toContainEqual([2, 2]);
  const { startTime, completionTime, ...counts } = operator.status()?.rollout ?? {};
  expect(counts).toEqual({ workspaces: 4, completed: 4, remaining: 0, failed: 0 });
  expect(Date.parse(completionTime ?? '')).toBeGreaterThan(Date.parse(startTime ?? ''));
});

test('a rollout continues its count after a restart, and an edit starts a new count', async () => {
  const first = policy('no-visio', { rollout: { maxInProgress: 1 } });
  const operator = new FakeOperator(fakeFleet(3, visioOnFirst(3)), first);
  while ((operator.status()?.rollout?.completed ?? 0) < 1) {
    await operator.pass(10 * SECOND);
  }
  const before = operator.status()?.rollout;
  operator.restart();
  await operator.run();
  expect(operator.status()?.rollout).toMatchObject({ workspaces: 3, startTime: before?.startTime });
  operator.policies = [{ ...first, generation: first.generation + 1 }];
  await operator.run();
  expect(operator.status()?.rollout).toMatchObject({ workspaces: 2, completed: 0 });
});

test('drift after a rollout starts a new one', async () => {
  const fleet = fakeFleet(2, [association(ws(1), VISIO)]);
  const operator = new FakeOperator(fleet, policy('no-visio'));
  while (operator.status()?.rollout?.completionTime === undefined) {
    await operator.pass(10 * SECOND);
  }
  fleet.put(association(ws(2), VISIO));
  await operator.pass(60 * MINUTE);
  expect(operator.status()?.rollout).toMatchObject({ workspaces: 1, completed: 1, remaining: 0 });
});

test('an Audit policy has no rollout, and neither has a policy with nothing to change', async () => {
  const audit = new FakeOperator(fakeFleet(2, visioOnFirst(2)), policy('audit', { enforcement: 'Audit' }));
  expect((await audit.run()).status.rollout).toBeUndefined();
  const compliant = new FakeOperator(fakeFleet(2, []), policy());
  expect((await compliant.run()).status.rollout).toBeUndefined();
});

test('a suspended policy shows how long its changes take, but no end', async () => {
  const operator = new FakeOperator(fakeFleet(200, visioOnFirst(200)), policy('no-visio', { suspend: true }));
  const { status } = await operator.run();
  expect(status.rollout).toEqual({ workspaces: 200, completed: 0, remaining: 200, failed: 0, estimatedDuration: '8m' });
});

test('another expected end alone is not written', () => {
  const rollout = { workspaces: 4, completed: 1, remaining: 3, failed: 0, estimatedDuration: '10s' };
  const at = (estimatedCompletionTime: string, remaining = 3) => ({
    lastSyncTime: '2026-01-05T10:00:00Z',
    rollout: { ...rollout, remaining, estimatedCompletionTime },
  });
  const now = new Date('2026-01-05T10:30:00Z');
  expect(statusChanged(at('2026-01-05T10:01:00Z'), at('2026-01-05T10:31:00Z'), now)).toBe(false);
  expect(statusChanged(at('2026-01-05T10:01:00Z'), at('2026-01-05T10:31:00Z', 2), now)).toBe(true);
});

test('a WorkSpace whose deployment may have started counts toward maxInProgress until a read shows its state', async () => {
  const fleet = fakeFleet(2, visioOnFirst(2));
  const operator = new FakeOperator(fleet, policy('no-visio', { rollout: { maxInProgress: 1 } }));
  const deploy = fleet.deployWorkspaceApplications.bind(fleet);
  fleet.failNext('deployWorkspaceApplications', 'Unavailable', { carriedOut: true });
  fleet.deployWorkspaceApplications = (...call) => {
    fleet.failNext('describeWorkspaceAssociations', 'Unavailable');
    return deploy(...call);
  };
  const deploymentsOf = () => fleet.mutations.filter(({ method }) => method.startsWith('deploy')).length;
  while (deploymentsOf() === 0) {
    await operator.pass(SECOND);
  }
  await operator.run();
  expect(deploymentsOf()).toBe(1);
});

import { describe, expect, test } from 'vitest';
import { notPermittedStatus } from '../src/status/notEvaluated.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { HOUR, MINUTE } from './fixtures.ts';

type Rollout = NonNullable<Parameters<typeof policy>[1]>['rollout'];

const SECOND = 1_000;
const UNREACHABLE = { errorCode: 'DeploymentError.WorkspaceUnreachable', errorMessage: 'no internet access' };
const NO_SPACE = { errorCode: 'ValidationError.InsufficientDiskSpace', errorMessage: 'needs 25 GB' };

/** Returns an operator for WorkSpaces with Visio, of which deployments fail on those with the numbers `failing`. */
function setUp(
  count: number,
  failing: readonly number[],
  rollout: Rollout = { maxFailures: '10%' },
  error = UNREACHABLE,
) {
  const fleet = fakeFleet(count, visioOnFirst(count));
  fleet.reportsUpdates = true;
  for (const n of failing) {
    fleet.failDeployments(ws(n), VISIO, error);
  }
  const operator = new FakeOperator(fleet, policy('p', { rollout, retry: { limit: 2 } }));
  operator.gracePeriodMs = 5 * SECOND;
  return { fleet, operator };
}

/** Returns the WorkSpaces on which a deployment was started, in their order. */
function deployed(fleet: FakeFleet): string[] {
  return [
    ...new Set(
      fleet.mutations
        .filter(({ method }) => method === 'deployWorkspaceApplications')
        .map((call) => call.workspaceID ?? ''),
    ),
  ];
}

function removed(fleet: FakeFleet, count: number): number {
  return Array.from({ length: count }, (_, n) => fleet.stateOf(ws(n + 1), VISIO)).filter((state) => state === 'REMOVED')
    .length;
}

/** Returns the largest number of WorkSpaces that were UPDATING at the same time while the operator ran. */
async function mostAtOnce(fleet: FakeFleet, operator: FakeOperator, ms: number): Promise<number> {
  let most = 0;
  const end = operator.clock.monotonic() + ms;
  while (operator.clock.monotonic() < end) {
    await operator.pass(10 * SECOND);
    most = Math.max(most, fleet.workspaces.filter(({ state }) => state === 'UPDATING').length);
  }
  return most;
}

describe('the first WorkSpace of a rollout', () => {
  test('goes alone until its deployment has succeeded', async () => {
    const { fleet, operator } = setUp(10, [], { maxFailures: 4 });
    while (deployed(fleet).length === 0) {
      await operator.pass(SECOND);
    }
    await operator.run();
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
    expect(operator.status()?.rollout).toMatchObject({ canary: ws(1), maxFailures: 4, failedDeployments: 0 });
    expect(operator.status()?.associations?.find(({ workspaceID }) => workspaceID === ws(2))).toMatchObject({
      holdReason: 'BudgetExhausted',
    });
    expect(await mostAtOnce(fleet, operator, HOUR)).toBe(4);
    expect(removed(fleet, 10)).toBe(10);
    expect(operator.status()?.rollout).toMatchObject({ canarySucceeded: true, completed: 10 });
  });

  test('is not confused with the next one, which changes while the success of the first is recorded', async () => {
    const { fleet, operator } = setUp(10, [], { maxFailures: 4 });
    const messages = new Set<string>();
    while (fleet.changedWorkspaces().length < 3) {
      await operator.pass(SECOND);
      const { message = '' } = condition(operator.status() ?? {}, 'Ready') ?? {};
      messages.add(/the first WorkSpace [^;]*|one WorkSpace [^;]*/.exec(message)?.[0] ?? '');
    }
    expect([...messages].filter((one) => one !== '')).toEqual([
      `the first WorkSpace of the rollout (${ws(1)}) goes alone, and its deployment has not succeeded yet`,
      `one WorkSpace (${ws(2)}) changes until the status shows the result of the first one (${ws(1)})`,
    ]);
  });

  test.each([
    ['a first deployment that fails and is repeated', UNREACHABLE, 3],
    ['a first deployment that fails for good', NO_SPACE, 1],
  ])('locks out one person by %s', async (_, error, deployments) => {
    const { fleet, operator } = setUp(
      40,
      Array.from({ length: 40 }, (__, n) => n + 1),
      { maxFailures: '50%' },
      error,
    );
    await operator.pass(4 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1)]);
    expect(fleet.callCount('deployWorkspaceApplications')).toBe(deployments);
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
  });

  test('goes alone again after an edit and in the next rollout', async () => {
    const { fleet, operator } = setUp(4, [], { maxFailures: '50%' });
    await operator.pass(HOUR);
    expect(removed(fleet, 4)).toBe(4);
    for (let n = 1; n <= 4; n++) {
      fleet.put({ workspaceID: ws(n), applicationID: VISIO, state: 'COMPLETED' });
    }
    const before = fleet.callCount('deployWorkspaceApplications');
    while (fleet.callCount('deployWorkspaceApplications') === before) {
      await operator.pass(SECOND);
    }
    await operator.run();
    expect(fleet.callCount('deployWorkspaceApplications')).toBe(before + 1);
  });

  test('of a new process goes alone if the last process did not record a success', async () => {
    const { fleet, operator } = setUp(4, [], { maxFailures: '50%' });
    while (deployed(fleet).length === 0) {
      await operator.pass(SECOND);
    }
    operator.restart();
    await operator.run();
    await operator.run();
    expect(deployed(fleet)).toEqual([ws(1)]);
    await operator.pass(HOUR);
    expect(removed(fleet, 4)).toBe(4);
  });

  test('has not succeeded while the state of its WorkSpace permits no deployment', async () => {
    const { fleet, operator } = setUp(4, [], { maxFailures: '50%' });
    while (fleet.stateOf(ws(1), VISIO) !== 'REMOVED') {
      await operator.pass(SECOND);
    }
    fleet.putWorkspace(workspace(ws(1), { state: 'UNHEALTHY' }));
    while (deployed(fleet).length < 2) {
      await operator.pass(SECOND);
    }
    expect(operator.status()?.rollout).not.toHaveProperty('canarySucceeded');
    expect(deployed(fleet)).toEqual([ws(1), ws(2)]);
  });

  test('goes alone until its WorkSpace is no longer UPDATING', async () => {
    const { fleet, operator } = setUp(4, [], { maxFailures: '50%' });
    while (fleet.stateOf(ws(1), VISIO) !== 'REMOVED') {
      await operator.pass(SECOND);
    }
    fleet.putWorkspace(workspace(ws(1), { state: 'UPDATING' }));
    await operator.pass(HOUR);
    expect(deployed(fleet)).toEqual([ws(1)]);
    fleet.putWorkspace(workspace(ws(1)));
    await operator.pass(HOUR);
    expect(removed(fleet, 4)).toBe(4);
  });

  test('succeeds although another of its changes is held for good', async () => {
    const uninstallOnly = APPLICATIONS.map((one) =>
      one.applicationID === OFFICE ? { ...one, state: 'UNINSTALL_ONLY' } : one,
    );
    const associations = [1, 2, 3, 4, 5, 6].flatMap((n) => [association(ws(n), VISIO), association(ws(n), OFFICE)]);
    const fleet = fakeFleet(6, associations, { applications: uninstallOnly });
    fleet.reportsUpdates = true;
    const applications = { denied: [{ id: VISIO }, { id: OFFICE }] };
    const operator = new FakeOperator(fleet, policy('p', { rollout: { maxFailures: '50%' }, applications }));
    operator.gracePeriodMs = 5 * SECOND;
    expect(await mostAtOnce(fleet, operator, HOUR)).toBe(3);
    expect(removed(fleet, 6)).toBe(6);
    expect(operator.status()?.rollout).toMatchObject({ canarySucceeded: true });
  });

  test('has not succeeded because another policy now contradicts the failed change', async () => {
    const { fleet, operator } = setUp(6, [1, 2, 3, 4, 5, 6], { maxFailures: '50%' }, NO_SPACE);
    const own = policy('p', { rollout: { maxFailures: '50%' } });
    operator.policies = [own];
    await operator.pass(HOUR);
    const excepted = { exceptions: [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'a trial' }] };
    const other = policy('q', { applications: { denied: [{ id: OFFICE }] }, ...excepted });
    operator.policies = [own, other];
    await operator.pass(HOUR);
    expect(deployed(fleet).length).toBe(2);
  });

  test('is named while the others wait', async () => {
    const { fleet, operator } = setUp(3, []);
    const events = [];
    while (deployed(fleet).length === 0) {
      events.push(...(await operator.run()).events);
      await operator.clock.advance(10 * SECOND);
    }
    expect(events.find(({ reason }) => reason === 'BudgetExhausted')?.message).toContain(`of the rollout (${ws(1)})`);
  });

  test('does not go alone with maxFailures: 100%, with deploy: Manual, and in an Audit policy', async () => {
    const { fleet, operator } = setUp(3, [], { maxFailures: '100%' });
    operator.gracePeriodMs = Number.NEGATIVE_INFINITY;
    await operator.run();
    expect(deployed(fleet)).toHaveLength(3);
    const manual = setUp(3, [], { deploy: 'Manual', maxFailures: 1 });
    manual.operator.gracePeriodMs = Number.NEGATIVE_INFINITY;
    expect((await manual.operator.run()).held?.get('BudgetExhausted')).toBeUndefined();
    const audit = new FakeOperator(
      fakeFleet(3, visioOnFirst(3)),
      policy('p', { enforcement: 'Audit', rollout: { maxFailures: 1 } }),
    );
    expect((await audit.run()).held).toEqual(new Map([['Audit', 3]]));
  });
});

describe('failed deployments', () => {
  test.each([
    ['one of the first', [2], '20%', 2],
    ['several at the same time', [5, 6, 7, 8, 9, 10, 11, 12], '20%', 4],
    ['a count', [3, 4, 5, 6, 7, 8], 3, 3],
  ])('halt the rollout at the limit: %s', async (_, failing, maxFailures, limit) => {
    const { fleet, operator } = setUp(20, [...failing], { maxFailures, maxInProgress: 10 }, NO_SPACE);
    await operator.pass(4 * HOUR);
    const failed = failing.filter((n) => fleet.stateOf(ws(n), VISIO) === 'ERROR');
    expect(failed).toHaveLength(Math.min(limit, failing.length));
    const isHalted = failing.length >= limit;
    expect(operator.status()?.rollout?.halted).toBe(isHalted ? true : undefined);
    expect(removed(fleet, 20)).toBe(isHalted ? deployed(fleet).length - limit : 20 - failing.length);
  });

  test('are compared with a percentage of all WorkSpaces of the rollout, also while many are completed', async () => {
    const { fleet, operator } = setUp(20, [20], { maxFailures: '20%' }, NO_SPACE);
    const limits = new Set<number | undefined>();
    while (removed(fleet, 20) < 19) {
      await operator.pass(MINUTE);
      limits.add(operator.status()?.rollout?.maxFailures);
    }
    expect([...limits]).toEqual([4]);
  });

  test('are compared with a percentage of the WorkSpaces, also if some leave the policy and come back', async () => {
    const { fleet, operator } = setUp(10, [], { maxFailures: '30%' });
    // The rollout doesn't end meanwhile.
    fleet.putConnection({ workspaceID: ws(2), connectionState: 'CONNECTED' });
    while (operator.status()?.rollout?.canarySucceeded !== true) {
      await operator.pass(10 * SECOND);
    }
    const others = fleet.workspaces.slice(2);
    others.forEach(({ workspaceID }) => void fleet.removeWorkspace(workspaceID));
    await operator.pass(HOUR);
    expect(operator.status()?.rollout).toMatchObject({ workspaces: 2, remaining: 1 });
    others.forEach((one) => void fleet.putWorkspace({ ...one, state: 'AVAILABLE' }));
    expect(await mostAtOnce(fleet, operator, HOUR)).toBeLessThanOrEqual(3);
    expect(removed(fleet, 10)).toBe(9);
    expect(operator.status()?.rollout?.workspaces).toBeLessThanOrEqual(10);
  });

  test('make the policy Stalled, with what failed where, and the command that continues', async () => {
    const { fleet, operator } = setUp(20, [2, 3, 4], { maxFailures: 2 }, NO_SPACE);
    await operator.pass(4 * HOUR);
    const { status } = await operator.run();
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'RolloutHalted' });
    const { status: ready, reason, message } = condition(status, 'Ready') ?? {};
    expect({ ready, reason }).toEqual({ ready: 'False', reason: 'RolloutHalted' });
    expect(message).toContain('deployments failed on 2 WorkSpaces, and spec.rollout.maxFailures is 2');
    expect(message).toContain(`${ws(2)} (user-of-${ws(2)}): ValidationError.InsufficientDiskSpace: needs 25 GB`);
    expect(message).toContain('run: kubectl wsap resume -n desktops p');
    expect(status.rollout?.failures).toMatchObject([{ workspaceID: ws(2) }, { workspaceID: ws(3) }]);
    expect(status.summary?.at(-1)).toContain('halted');
    expect(status.associations?.find(({ action }) => action !== 'None')).toMatchObject({ holdReason: 'RolloutHalted' });
    expect(fleet.stateOf(ws(4), VISIO)).toBe('COMPLETED');
  });

  test('are repeated although the rollout is halted, and a repetition that succeeds continues it', async () => {
    const { fleet, operator } = setUp(10, [1], { maxFailures: 1 });
    while (operator.status()?.rollout?.halted !== true) {
      await operator.pass(SECOND);
    }
    const status = operator.status() ?? {};
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'RolloutHalted' });
    expect(condition(status, 'Stalled')).toBeUndefined();
    expect(condition(status, 'Reconciling')).toMatchObject({ status: 'True' });
    fleet.failDeployments(ws(1), VISIO, undefined as never);
    await operator.pass(3 * HOUR);
    expect(removed(fleet, 10)).toBe(10);
  });

  test('are reported by a Warning when they halt the rollout', async () => {
    const { operator } = setUp(4, [1], { maxFailures: 1 }, NO_SPACE);
    const events = [];
    while (operator.status()?.rollout?.halted !== true) {
      events.push(...(await operator.run()).events);
      await operator.clock.advance(MINUTE);
      operator.fleet.advance();
    }
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'RolloutHalted', message: expect.stringContaining(ws(1)) }),
    );
  });

  test('of an earlier version of the operator do not count', async () => {
    const { fleet, operator } = setUp(4, [], { maxFailures: 1 });
    fleet.put({ workspaceID: ws(4), applicationID: VISIO, state: 'ERROR', stateReason: NO_SPACE });
    const { status } = await operator.run();
    const { workspaces = 0, completed = 0, remaining = 0, failed = 0 } = status.rollout ?? {};
    operator.statuses.set('desktops/p', { ...status, rollout: { workspaces, completed, remaining, failed } });
    operator.restart();
    await operator.pass(3 * HOUR);
    expect(removed(fleet, 4)).toBe(3);
  });

  test('count although the process ended before it wrote a status, and nothing else remains', async () => {
    const { fleet, operator } = setUp(1, [1], { maxFailures: 1 }, NO_SPACE);
    let before = operator.status();
    while (deployed(fleet).length === 0) {
      before = operator.status();
      await operator.pass(SECOND);
    }
    operator.statuses.set('desktops/p', before ?? {});
    fleet.finishDeployments();
    operator.restart();
    await operator.pass(MINUTE);
    fleet.put({ workspaceID: ws(2), applicationID: VISIO, state: 'COMPLETED' });
    fleet.putWorkspace(workspace(ws(2)));
    await operator.pass(3 * HOUR);
    expect(operator.status()?.rollout).toMatchObject({ halted: true, failedDeployments: 1 });
    expect(deployed(fleet)).toEqual([ws(1)]);
  });

  test('from before the rollout do not count', async () => {
    const { fleet, operator } = setUp(4, [], { maxFailures: 1 });
    fleet.put({ workspaceID: ws(4), applicationID: VISIO, state: 'ERROR', stateReason: NO_SPACE });
    await operator.pass(3 * HOUR);
    expect(removed(fleet, 4)).toBe(3);
    expect(operator.status()?.rollout?.halted).toBeUndefined();
  });

  test('halt later drift too, until a person resumes the rollout', async () => {
    const { fleet, operator } = setUp(2, [1], { maxFailures: 1 }, NO_SPACE);
    fleet.drop(ws(2), VISIO);
    await operator.pass(3 * HOUR);
    fleet.put({ workspaceID: ws(2), applicationID: VISIO, state: 'COMPLETED' });
    await operator.pass(3 * HOUR);
    expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
    expect(operator.status()?.rollout?.halted).toBe(true);
  });

  test('count after a restart, and after the process ended before it wrote a status', async () => {
    const { fleet, operator } = setUp(10, [1, 2, 3], { maxFailures: 1 }, NO_SPACE);
    while (deployed(fleet).length === 0) {
      const before = operator.status();
      await operator.pass(SECOND);
      if (deployed(fleet).length > 0 && before !== undefined) {
        operator.statuses.set('desktops/p', before);
      }
    }
    fleet.finishDeployments();
    operator.restart();
    await operator.pass(3 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1)]);
  });
});

describe('a halted rollout', () => {
  async function halted() {
    const setting = setUp(10, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { maxFailures: 2 }, NO_SPACE);
    await setting.operator.pass(3 * HOUR);
    expect(deployed(setting.fleet)).toEqual([ws(1)]);
    expect(setting.operator.status()?.rollout?.halted).toBe(true);
    return setting;
  }

  test('continues when it is resumed, with one WorkSpace alone', async () => {
    const { fleet, operator } = await halted();
    operator.resumeRequestedAt = 'now';
    const { status, requeueAfter } = await operator.run();
    expect(status).toMatchObject({ lastHandledResumeAt: 'now', rollout: { failedDeployments: 0 } });
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    expect(requeueAfter).toBeLessThan(SECOND);
    await operator.pass(3 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1), ws(2)]);
    expect(operator.status()?.rollout?.halted).toBe(true);
  });

  test('makes no change before the status records that it is resumed', async () => {
    const { fleet, operator } = await halted();
    const before = fleet.mutations.length;
    operator.resumeRequestedAt = 'now';
    await operator.run();
    expect(fleet.mutations).toHaveLength(before);
  });

  test('continues once for a value of the annotation', async () => {
    const { fleet, operator } = await halted();
    operator.resumeRequestedAt = 'now';
    await operator.pass(3 * HOUR);
    operator.restart();
    await operator.pass(3 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1), ws(2)]);
    operator.resumeRequestedAt = 'later';
    await operator.pass(3 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1), ws(2), ws(3)]);
  });

  test('continues if it was resumed while no process ran', async () => {
    const { fleet, operator } = await halted();
    operator.restart();
    operator.resumeRequestedAt = 'now';
    await operator.pass(3 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1), ws(2)]);
  });

  test('continues after an edit of the policy', async () => {
    const { fleet, operator } = await halted();
    operator.policies = [{ ...policy('p', { rollout: { maxFailures: 2 } }), generation: 2 }];
    await operator.pass(3 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1), ws(2)]);
  });

  test('stays halted in an object that was restored with its annotation', async () => {
    const { operator } = setUp(10, [1, 2, 3], { maxFailures: 2 }, NO_SPACE);
    operator.resumeRequestedAt = 'before';
    await operator.pass(3 * HOUR);
    expect(operator.status()).toMatchObject({ lastHandledResumeAt: 'before', rollout: { halted: true } });
  });

  test.each([true, false])(
    'in a restored object with its status (%s) begins again with one WorkSpace',
    async (keepsStatus) => {
      const { fleet, operator } = await halted();
      operator.resumeRequestedAt = 'now';
      operator.recreate(policy('p', { rollout: { maxFailures: 2 } }), keepsStatus);
      await operator.pass(3 * HOUR);
      expect(deployed(fleet)).toEqual([ws(1), ws(2)]);
      expect(operator.status()?.rollout?.halted).toBe(true);
    },
  );

  test.each([1, 2])('stays halted while its fleet does not permit it (maxFailures: %i)', async (maxFailures) => {
    const { fleet, operator } = setUp(10, [1, 2, 3], { maxFailures }, NO_SPACE);
    await operator.pass(3 * HOUR);
    const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: operator.clock.now() };
    const blocker = { reason: 'RefNotPermitted', message: 'not permitted', terminal: true } as const;
    const status = notPermittedStatus(1, annotations, operator.status(), blocker, operator.clock.now());
    operator.statuses.set('desktops/p', status);
    operator.restart();
    await operator.pass(3 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1)]);
    expect(operator.status()?.rollout?.halted).toBe(true);
  });

  test('stays halted while reads fail', async () => {
    const { fleet, operator } = await halted();
    fleet.failNext('describeWorkspaces', 'Unavailable');
    await operator.pass(30 * MINUTE);
    fleet.putWorkspace(workspace(ws(11)));
    await operator.pass(3 * HOUR);
    expect(deployed(fleet)).toEqual([ws(1)]);
  });
});

import { describe, expect, test } from 'vitest';
import { FleetError } from '../src/fleet/errors.ts';
import { ASSOCIATION_ERROR_CODES } from '../src/fleet/model.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

/** Returns an operator for two WorkSpaces with Office. The first also has Visio. */
function setUp(state = 'COMPLETED') {
  const fleet = fakeFleet(2, [
    association(ws(1), VISIO, { state }),
    association(ws(1), OFFICE),
    association(ws(2), OFFICE),
  ]);
  return { fleet, operator: new FakeOperator(fleet, policy()) };
}

function visioOnTwenty(): FakeFleet {
  return fakeFleet(20, visioOnFirst(20));
}

const isRemoved = (fleet: FakeFleet) => fleet.stateOf(ws(1), VISIO) === 'REMOVED';

describe('a failed listing', () => {
  test.each([
    ['describeWorkspaces', 'DescribeWorkspaces'],
    ['describeApplications', 'DescribeApplications'],
    ['describeApplicationAssociations', 'DescribeApplicationAssociations for wsa-visio0000'],
  ] as const)('of %s removes nothing, appears in the status, and is retried soon', async (method, named) => {
    const { fleet, operator } = setUp();
    fleet.failNext(method, 'Unavailable');
    const { status, requeueAfter } = await operator.run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadFailed' });
    expect(condition(status, 'Ready')?.message).toContain(named);
    expect(condition(status, 'Reconciling')).toMatchObject({ status: 'True' });
    expect(condition(status, 'Stalled')).toBeUndefined();
    expect(requeueAfter).toBe(5_000);
    await operator.pass(20 * MINUTE);
    expect(isRemoved(fleet)).toBe(true);
  });

  test.each(['AccessDenied', 'Unauthenticated', 'InvalidParameterValues'] as const)(
    'with %s is Stalled and retried slowly',
    async (kind) => {
      const { fleet, operator } = setUp();
      fleet.failNext('describeApplications', kind);
      const { status, requeueAfter } = await operator.run();
      expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: kind });
      expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: kind });
      expect(requeueAfter).toBe(5 * MINUTE);
    },
  );

  test('keeps the known values of the status', async () => {
    const { fleet, operator } = setUp('UNINSTALLING');
    const before = (await operator.run()).status;
    fleet.failNext('describeWorkspaces', 'Unavailable');
    await operator.clock.advance(11 * MINUTE);
    const { status } = await operator.run();
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False' });
    expect(status.summary).toEqual(before.summary);
    expect(status.compliance).toEqual(before.compliance);
  });

  test('is retried with exponential backoff', async () => {
    const { fleet, operator } = setUp();
    const waits: number[] = [];
    for (let run = 0; run < 8; run++) {
      fleet.failNext('describeApplications', 'Unavailable');
      const { requeueAfter } = await operator.run();
      waits.push(requeueAfter / 1000);
      await operator.clock.advance(requeueAfter + 1);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  });
});

describe('a change that fails with', () => {
  test.each(['disassociateWorkspaceApplication', 'deployWorkspaceApplications'] as const)(
    'AccessDenied (%s): is Stalled, Ready names the missing permission, and is retried slowly',
    async (method) => {
      const { fleet, operator } = setUp();
      fleet.failNext(method, 'AccessDenied');
      const { status, requeueAfter } = await operator.run();
      expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'AccessDenied' });
      expect(condition(status, 'Ready')?.message).toContain('injected AccessDenied');
      expect(requeueAfter).toBe(5 * MINUTE);
      await operator.pass(4 * MINUTE);
      expect(fleet.callCount(method)).toBe(1);
      await operator.pass(20 * MINUTE);
      expect(isRemoved(fleet)).toBe(true);
      expect(condition((await operator.run()).status, 'Stalled')).toBeUndefined();
    },
  );

  test('AccessDenied on several WorkSpaces ends the run', async () => {
    const fleet = visioOnTwenty();
    for (let n = 0; n < 20; n++) {
      fleet.failNext('disassociateWorkspaceApplication', 'AccessDenied');
    }
    const { requeueAfter } = await new FakeOperator(fleet, policy()).run();
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(3);
    expect(requeueAfter).toBe(5 * MINUTE);
  });

  test.each(['InvalidParameterValues', 'OperationNotSupported'] as const)(
    '%s is not repeated until the WorkSpace or the policy changes',
    async (kind) => {
      const { fleet, operator } = setUp();
      fleet.failNext('disassociateWorkspaceApplication', kind);
      const { status } = await operator.run();
      expect(status.associations?.[0]).toMatchObject({ holdReason: 'Rejected' });
      expect(status.associations?.[0]?.message).toContain(`injected ${kind}`);
      expect(status.compliance).toMatchObject({ failed: 1, compliant: 1 });
      await operator.pass(120 * MINUTE);
      expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(1);
      fleet.putWorkspace(workspace(ws(1), { state: 'STOPPED' }));
      await operator.pass(20 * MINUTE);
      expect(isRemoved(fleet)).toBe(true);
    },
  );

  test('a rejection is repeated after the policy is edited', async () => {
    const { fleet, operator } = setUp();
    fleet.failNext('disassociateWorkspaceApplication', 'OperationNotSupported');
    await operator.run();
    const edited = { ...policy(), generation: 2 };
    operator.policies = [edited];
    await operator.run(edited);
    await operator.run(edited);
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(2);
  });

  test.each([
    'ResourceInUse',
    'ResourceUnavailable',
    'Throttled',
    'Unavailable',
    'InvalidResponse',
    'UnknownError',
  ] as const)('%s is retried with backoff until it succeeds', async (kind) => {
    const { fleet, operator } = setUp();
    fleet.failNext('disassociateWorkspaceApplication', kind);
    fleet.failNext('deployWorkspaceApplications', kind);
    const { status, requeueAfter } = await operator.run();
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'BackingOff' });
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    expect(requeueAfter).toBe(30_000);
    await operator.pass(20 * MINUTE);
    expect(isRemoved(fleet)).toBe(true);
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(2);
    expect(fleet.callCount('deployWorkspaceApplications')).toBe(2);
  });

  test('ResourceNotFound, because the association no longer exists, is dropped', async () => {
    const { fleet, operator } = setUp();
    const fail = fleet.disassociateWorkspaceApplication.bind(fleet);
    fleet.disassociateWorkspaceApplication = (workspaceID, applicationID) => {
      fleet.drop(workspaceID, applicationID);
      return fail(workspaceID, applicationID);
    };
    const { status, outcome } = await operator.run();
    expect(outcome).toMatchObject({ made: [], failures: [] });
    expect(condition(status, 'Compliant')).toMatchObject({ status: 'True' });
  });

  test('ResourceNotFound, because the WorkSpace no longer exists, is dropped', async () => {
    const { fleet, operator } = setUp('PENDING_UNINSTALL_DEPLOYMENT');
    const fail = fleet.deployWorkspaceApplications.bind(fleet);
    fleet.deployWorkspaceApplications = (workspaceID, options) => {
      fleet.terminate(workspaceID);
      return fail(workspaceID, options);
    };
    const { status } = await operator.run();
    expect(status.compliance).toMatchObject({ selected: 1, compliant: 1 });
  });
});

describe('a lost response', () => {
  test('to Disassociate is confirmed by a read, and the call is not repeated', async () => {
    const { fleet, operator } = setUp();
    fleet.failNext('disassociateWorkspaceApplication', 'Unavailable', { carriedOut: true });
    const { outcome } = await operator.run();
    expect(outcome.made.map(({ action }) => action)).toEqual(['Disassociate', 'Deploy']);
    await operator.pass(20 * MINUTE);
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(1);
    expect(isRemoved(fleet)).toBe(true);
  });

  test('to Disassociate counts as a removal, so that flapping is detected', async () => {
    const { fleet, operator } = setUp();
    for (let time = 1; time <= 4; time++) {
      fleet.failNext('disassociateWorkspaceApplication', 'Unavailable', { carriedOut: true });
      await operator.pass(60 * MINUTE);
      fleet.put(association(ws(1), VISIO));
    }
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(3);
  });

  test('to Deploy is confirmed by a read, and the call is not repeated', async () => {
    const { fleet, operator } = setUp();
    fleet.failNext('deployWorkspaceApplications', 'Unavailable', { carriedOut: true });
    await operator.pass(20 * MINUTE);
    expect(fleet.callCount('deployWorkspaceApplications')).toBe(1);
    expect(isRemoved(fleet)).toBe(true);
  });

  test('followed by a failed read repeats no call until a read succeeds', async () => {
    const { fleet, operator } = setUp();
    fleet.failNext('disassociateWorkspaceApplication', 'Unavailable', { carriedOut: true });
    const readings = fleet.describeWorkspaceAssociations.bind(fleet);
    let reads = 0;
    fleet.describeWorkspaceAssociations = (workspaceID) => {
      if (++reads === 2) {
        fleet.failNext('describeWorkspaceAssociations', 'Unavailable');
      }
      return readings(workspaceID);
    };
    await operator.pass(20 * MINUTE);
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(1);
    expect(isRemoved(fleet)).toBe(true);
  });
});

describe('a failed read before a change', () => {
  test.each(['Unavailable', 'Throttled', 'AccessDenied', 'InvalidResponse'] as const)(
    'with %s prevents the change',
    async (kind) => {
      const { fleet, operator } = setUp();
      fleet.failNext('describeWorkspaceAssociations', kind);
      await operator.run();
      expect(fleet.mutations).toEqual([]);
      await operator.pass(30 * MINUTE);
      expect(isRemoved(fleet)).toBe(true);
    },
  );
});

describe('a deployment that fails with', () => {
  test.each(ASSOCIATION_ERROR_CODES)('%s', async (errorCode) => {
    const { fleet, operator } = setUp();
    fleet.failDeployments(ws(1), VISIO, { errorCode, errorMessage: 'it did not work' });
    await operator.pass(48 * 60 * MINUTE);
    const { status } = await operator.run();
    const forced = fleet.mutations.filter(({ force }) => force === true).length;
    const row = status.associations?.[0];
    expect(row).toMatchObject({ state: 'ERROR', stateReason: { errorCode, errorMessage: 'it did not work' } });
    if (errorCode.startsWith('DeploymentError.')) {
      expect(forced).toBe(5);
      expect(row).toMatchObject({ action: 'Deploy', holdReason: 'Rejected', retries: 5 });
      expect(row?.message).toContain('after 5 retries (spec.retry.limit); to retry it, edit the policy');
      expect(status.compliance).toMatchObject({ failed: 1 });
    } else {
      expect(forced).toBe(0);
      expect(row).toMatchObject({ action: 'None', message: expect.stringContaining(errorCode) });
      expect(condition(status, 'Compliant')).toMatchObject({ status: 'False', reason: 'Failed' });
    }
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(1);
  });
});

describe('a deployment after five retries', () => {
  async function failedFiveTimes() {
    const { fleet, operator } = setUp();
    fleet.failDeployments(ws(1), VISIO, { errorCode: 'DeploymentError.InternalServerError' });
    await operator.pass(4 * 60 * MINUTE);
    expect(fleet.mutations.filter(({ force }) => force)).toHaveLength(5);
    return { fleet, operator };
  }

  test('is not retried after a restart', async () => {
    const { fleet, operator } = await failedFiveTimes();
    operator.restart();
    await operator.pass(24 * 60 * MINUTE);
    expect(fleet.mutations.filter(({ force }) => force)).toHaveLength(5);
  });

  test('is not retried after a time in which AWS omitted the user name', async () => {
    const { fleet, operator } = await failedFiveTimes();
    operator.policies = [policy('no-visio', { workspaceSelector: { all: true, exclude: { userNames: ['ceo'] } } })];
    fleet.putWorkspace(workspace(ws(1), { userName: undefined }));
    await operator.pass(20 * MINUTE);
    fleet.putWorkspace(workspace(ws(1)));
    await operator.pass(24 * 60 * MINUTE);
    expect(fleet.mutations.filter(({ force }) => force)).toHaveLength(5);
  });

  test('is retried after the policy is edited', async () => {
    const { fleet, operator } = await failedFiveTimes();
    operator.policies = [{ ...policy(), generation: 2 }];
    await operator.pass(10 * MINUTE);
    expect(fleet.mutations.filter(({ force }) => force).length).toBeGreaterThan(5);
  });

  test('is retried after the policy is edited while the operator does not run', async () => {
    const { fleet, operator } = await failedFiveTimes();
    operator.restart();
    operator.policies = [{ ...policy(), generation: 2 }];
    await operator.pass(20 * MINUTE);
    expect(fleet.mutations.filter(({ force }) => force).length).toBeGreaterThan(5);
  });

  test('is retried after the policy is edited while AWS does not respond, and the operator restarts', async () => {
    const { fleet, operator } = await failedFiveTimes();
    const edited = { ...policy(), generation: 2 };
    operator.policies = [edited];
    fleet.failNext('describeWorkspaces', 'Unavailable');
    const { status } = await operator.run(edited);
    expect(status).toMatchObject({ observedGeneration: 2 });
    expect(condition(status, 'Ready')?.reason).toBe('ReadFailed');
    operator.restart();
    await operator.pass(20 * MINUTE);
    expect(fleet.mutations.filter(({ force }) => force).length).toBeGreaterThan(5);
  });
});

test('two policies send a rejected change once each', async () => {
  const fleet = new FakeFleet({
    workspaces: [workspace(ws(1))],
    applications: APPLICATIONS,
    associations: [association(ws(1), VISIO)],
  });
  for (let n = 0; n < 50; n++) {
    fleet.failNext('disassociateWorkspaceApplication', 'OperationNotSupported');
  }
  await new FakeOperator(fleet, policy('one'), policy('two')).pass(120 * MINUTE);
  expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(2);
});

test('a rejected deployment is sent once', async () => {
  const { fleet, operator } = setUp();
  for (let n = 0; n < 50; n++) {
    fleet.failNext('deployWorkspaceApplications', 'OperationNotSupported');
  }
  await operator.pass(120 * MINUTE);
  expect(fleet.callCount('deployWorkspaceApplications')).toBe(1);
});

describe('a rejection ends', () => {
  const reject = (fleet: FakeFleet, first: () => Promise<unknown> | unknown) => {
    const deploy = fleet.deployWorkspaceApplications.bind(fleet);
    fleet.deployWorkspaceApplications = async () => {
      fleet.deployWorkspaceApplications = deploy;
      await first();
      const operation = 'DeployWorkspaceApplications';
      throw new FleetError({ kind: 'InvalidParameterValues', operation, reason: 'no change is pending' });
    };
    return deploy;
  };

  test('when a deployment by a person at the same time has failed, so that the operator retries it', async () => {
    const { fleet, operator } = setUp('PENDING_UNINSTALL_DEPLOYMENT');
    fleet.failDeployments(ws(1), VISIO, { errorCode: 'DeploymentError.InternalServerError' });
    const deploy = reject(fleet, () => deploy(ws(1), { force: false }));
    await operator.pass(24 * 60 * MINUTE);
    // The operator didn't start the failed deployment, so its first retry marks the association again.
    expect(fleet.callCount('disassociateWorkspaceApplication')).toBe(1);
    expect(fleet.mutations.filter(({ force }) => force === true)).toHaveLength(4);
  });

  test.each([
    ['lastUpdatedTime', { lastUpdatedTime: new Date('2026-01-01T00:00:00Z') }],
    ['state', { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.InternalServerError' } }],
  ])('when the %s of the association changes', async (_, more) => {
    const { fleet, operator } = setUp('PENDING_UNINSTALL_DEPLOYMENT');
    reject(fleet, () => {});
    const { status } = await operator.run();
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'Rejected' });
    await operator.pass(60 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    fleet.put(association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT', ...more }));
    await operator.pass(60 * MINUTE);
    expect(isRemoved(fleet)).toBe(true);
  });

  test('when another change of the rejected deployment has changed', async () => {
    const { fleet, operator } = setUp('PENDING_UNINSTALL_DEPLOYMENT');
    operator.policies = [policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } })];
    fleet.put(association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }));
    fleet.drop(ws(2), OFFICE);
    reject(fleet, () => {});
    await operator.pass(60 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    fleet.drop(ws(1), OFFICE);
    await operator.pass(60 * MINUTE);
    expect(isRemoved(fleet)).toBe(true);
  });

  test('never for the same pending changes, however many there are', async () => {
    const { fleet, operator } = setUp('PENDING_UNINSTALL_DEPLOYMENT');
    operator.policies = [policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } })];
    fleet.drop(ws(2), OFFICE);
    for (let n = 0; n < 50; n++) {
      fleet.failNext('deployWorkspaceApplications', 'InvalidParameterValues');
    }
    await operator.pass(60 * MINUTE);
    fleet.put(association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }));
    await operator.pass(240 * MINUTE);
    expect(fleet.callCount('deployWorkspaceApplications')).toBeLessThan(5);
  });
});

describe('the operator makes few calls', () => {
  test.each(['OperationNotSupported', 'ResourceInUse', 'AccessDenied'] as const)(
    "while a pending installation can't be reverted (%s)",
    async (kind) => {
      const { fleet, operator } = setUp('PENDING_INSTALL_DEPLOYMENT');
      fleet.put(association(ws(1), OFFICE));
      operator.policies = [policy('p', { applications: { denied: [{ id: VISIO }, { id: OFFICE }] } })];
      for (let n = 0; n < 500; n++) {
        fleet.failNext('disassociateWorkspaceApplication', kind, { applicationID: VISIO });
      }
      await operator.pass(20 * MINUTE);
      expect(fleet.calls.length).toBeLessThan(150);
      expect(
        fleet.mutations.filter(({ method, workspaceID }) => method.startsWith('deploy') && workspaceID === ws(1)),
      ).toEqual([]);
    },
  );

  test('while AWS does not respond', async () => {
    const fleet = visioOnTwenty();
    for (let n = 0; n < 20; n++) {
      fleet.failNext('describeWorkspaceAssociations', 'Unavailable');
    }
    const { requeueAfter } = await new FakeOperator(fleet, policy()).run();
    expect(fleet.callCount('describeWorkspaceAssociations')).toBe(3);
    expect(requeueAfter).toBe(30_000);
  });
});

describe('while the process stops', () => {
  test('a canceled change is not a failure', async () => {
    const { fleet, operator } = setUp();
    fleet.failNext('disassociateWorkspaceApplication', 'Canceled');
    const { outcome, events } = await operator.run();
    expect(outcome.failures).toEqual([]);
    expect(events).toEqual([]);
  });
});

test('a failed read keeps no plan of an older generation', async () => {
  const { fleet, operator } = setUp('REMOVED');
  expect(condition((await operator.run()).status, 'Compliant')).toMatchObject({ status: 'True' });
  const edited = { ...policy(), generation: 2 };
  operator.policies = [edited];
  await operator.clock.advance(11 * MINUTE);
  fleet.failNext('describeApplicationAssociations', 'Unavailable');
  expect(condition((await operator.run(edited)).status, 'Compliant')).toMatchObject({
    status: 'Unknown',
    reason: 'Pending',
  });
});

test('the retry settings of a policy apply to its failed changes', async () => {
  const { fleet, operator } = setUp();
  const patient = policy('p', { retry: { limit: 2, backoff: { duration: '10m', factor: 3, maxDuration: '1h' } } });
  operator.policies = [patient];
  for (let n = 0; n < 4; n++) {
    fleet.failNext('disassociateWorkspaceApplication', 'ResourceInUse');
  }
  const waits: number[] = [];
  for (let run = 0; run < 4; run++) {
    const { status } = await operator.run(patient);
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'BackingOff' });
    const before = operator.clock.monotonic();
    while (fleet.callCount('disassociateWorkspaceApplication') === run + 1) {
      await operator.clock.advance(MINUTE);
      await operator.run(patient);
    }
    waits.push((operator.clock.monotonic() - before) / MINUTE);
  }
  expect(waits).toEqual([10, 30, 60, 60]);
  fleet.failDeployments(ws(1), VISIO, { errorCode: 'DeploymentError.InternalServerError' });
  await operator.pass(24 * 60 * MINUTE);
  expect(fleet.mutations.filter(({ force }) => force)).toHaveLength(2);
});

test('the retry limit of a policy applies across restarts', async () => {
  const { fleet, operator } = setUp();
  fleet.failDeployments(ws(1), VISIO, { errorCode: 'DeploymentError.InternalServerError', errorMessage: 'it did not' });
  const end = operator.clock.monotonic() + 48 * 60 * MINUTE;
  while (operator.clock.monotonic() < end) {
    const { outcome, requeueAfter } = await operator.run();
    if (outcome.made.some(({ action }) => action === 'Deploy')) {
      operator.restart();
    }
    await operator.clock.advance(requeueAfter);
    fleet.advance();
  }
  expect(fleet.mutations.filter(({ force }) => force === true)).toHaveLength(5);
});

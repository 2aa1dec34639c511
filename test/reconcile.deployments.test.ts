import { describe, expect, test } from 'vitest';
import type { Association, Workspace } from '../src/fleet/model.ts';
import { APPLICATIONS, association, OFFICE, PROJECT, policy, VISIO, workspace, ws } from './builders.ts';
import { FakeOperator, fakeFleet } from './fakeOperator.ts';
import { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

const failed = { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.InternalServerError' } };

/** Returns an operator for one WorkSpace with the given associations. */
function setUp(associations: readonly Association[], ...policies: ReturnType<typeof policy>[]) {
  const fleet = fakeFleet(1, associations);
  return { fleet, operator: new FakeOperator(fleet, ...(policies.length > 0 ? policies : [policy()])) };
}

const deploymentsOf = (fleet: FakeFleet) =>
  fleet.mutations.filter(({ method }) => method === 'deployWorkspaceApplications');

describe('a deployment never carries out an unmanaged change:', () => {
  test('a failed deployment of another application', async () => {
    const { fleet, operator } = setUp([association(ws(1), VISIO), association(ws(1), OFFICE, failed)]);
    fleet.failDeployments(ws(1), VISIO, failed.stateReason);
    await operator.pass(60 * MINUTE);
    expect(fleet.stateOf(ws(1), OFFICE)).toBe('ERROR');
    expect(fleet.mutations.filter(({ force }) => force)).toEqual([]);
  });

  test('a failed installation of a denied application', async () => {
    const { fleet, operator } = setUp([association(ws(1), VISIO, failed)]);
    await operator.pass(60 * MINUTE);
    expect(fleet.mutations.map(({ method, force }) => [method, force ?? false])).toEqual([
      ['disassociateWorkspaceApplication', false],
      ['deployWorkspaceApplications', false],
    ]);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
  });

  test('a pending installation that another policy failed to revert', async () => {
    const { fleet, operator } = setUp(
      [association(ws(1), VISIO), association(ws(1), PROJECT, { state: 'PENDING_INSTALL_DEPLOYMENT' })],
      policy('two', { applications: { denied: [{ id: PROJECT }] } }),
      policy('one'),
    );
    fleet.failNext('disassociateWorkspaceApplication', 'ResourceInUse', { applicationID: PROJECT });
    await operator.run(policy('two', { applications: { denied: [{ id: PROJECT }] } }));
    await operator.run(policy('one'));
    expect(deploymentsOf(fleet)).toEqual([]);
    await operator.pass(30 * MINUTE);
    expect(fleet.stateOf(ws(1), PROJECT)).toBe('REMOVED');
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
  });

  test('a removal of another policy that has become a conflict', async () => {
    const [one, two] = [policy('one', { applications: { denied: [{ id: PROJECT }] } }), policy('two')];
    const { fleet, operator } = setUp(
      [association(ws(1), PROJECT), association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })],
      one,
      two,
    );
    fleet.putWorkspace(workspace(ws(1), { state: 'REBOOTING' }));
    await operator.run(two);
    fleet.putWorkspace(workspace(ws(1)));
    operator.policies = [one, two, policy('three', { applications: { allowed: [{ id: VISIO }] } })];
    await operator.clock.advance(20 * MINUTE);
    await operator.run(one);
    expect(deploymentsOf(fleet)).toEqual([]);
  });

  test.each([
    [
      'because that policy no longer selects the WorkSpace',
      { workspaceSelector: { tags: { matchTags: { Department: 'Finance' } } } },
      {},
    ],
    [
      'because the window of that policy closed',
      { rollout: { maintenanceWindows: [{ cron: '0 10 * * *', duration: '10m' }] } },
      { Department: 'Finance' },
    ],
  ])('a planned removal of another policy, %s', async (_, spec, tags) => {
    const [planned, own] = [policy('planned', spec), policy('own', { applications: { denied: [{ id: PROJECT }] } })];
    const { fleet, operator } = setUp(
      [association(ws(1), PROJECT), association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })],
      planned,
      own,
    );
    fleet.putTags(ws(1), { Department: 'Finance' });
    fleet.putWorkspace(workspace(ws(1), { state: 'REBOOTING' }));
    await operator.run(planned);
    fleet.putWorkspace(workspace(ws(1)));
    fleet.putTags(ws(1), tags);
    await operator.clock.advance(15 * MINUTE);
    const { outcome } = await operator.run(own);
    expect(deploymentsOf(fleet)).toEqual([]);
    expect(outcome.held).toMatchObject([{ reason: 'UnmanagedChangesPending' }]);
  });
});

test('a failed read before a deployment delays only the deployment', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)]);
  const disassociate = fleet.disassociateWorkspaceApplication.bind(fleet);
  fleet.disassociateWorkspaceApplication = (...args) => {
    fleet.failNext('describeWorkspaceAssociations', 'AccessDenied');
    return disassociate(...args);
  };
  const { status, outcome } = await operator.run();
  expect(outcome.failures).toMatchObject([{ change: { action: 'Deploy' }, error: { kind: 'AccessDenied' } }]);
  expect(status.associations?.[0]).toMatchObject({ action: 'Deploy', holdReason: 'BackingOff' });
});

test('a deployment never carries out a removal of an Audit policy', async () => {
  const pending = { state: 'PENDING_UNINSTALL_DEPLOYMENT' };
  const [enforcing, auditing] = [
    policy('enforcing', { applications: { denied: [{ id: PROJECT }] } }),
    policy('auditing', { enforcement: 'Audit' }),
  ];
  const { fleet, operator } = setUp(
    [association(ws(1), PROJECT, pending), association(ws(1), VISIO, pending)],
    auditing,
    enforcing,
  );
  await operator.pass(30 * MINUTE);
  expect(fleet.mutations).toEqual([]);
  operator.policies = [auditing, enforcing, policy('other', { workspaceSelector: { workspaceIDs: [ws(9)] } })];
  await operator.pass(30 * MINUTE);
  expect(fleet.mutations).toEqual([]);
});

describe('a deployment that failed between two reads', () => {
  const requires = policy('p', { applications: { required: [{ id: OFFICE }] } });
  /** Simulates that a person removes a required application while the operator doesn't read, and that the removal fails. */
  async function failedUnseen(minutes: number) {
    const { fleet, operator } = setUp([association(ws(1), OFFICE, { state: 'INSTALLING' })], requires);
    const { started } = operator.shared.history;
    started.beginDeployment('Associate', association(ws(1), OFFICE), requires, operator.clock.now());
    await operator.run();
    await operator.clock.advance(minutes * MINUTE);
    fleet.put(association(ws(1), OFFICE, { ...failed, lastUpdatedTime: operator.clock.now() }));
    await operator.pass(2 * MINUTE);
    return fleet.mutations.map(({ method, force }) => [method.replace(/Workspace.*/, ''), force]);
  }

  test('is not repeated, because it may have been the opposite one', async () => {
    expect(await failedUnseen(10)).toEqual([
      ['associate', undefined],
      ['deploy', false],
    ]);
  });

  test('is repeated if there was no time for another one', async () => {
    expect((await failedUnseen(0.5))[0]).toEqual(['deploy', true]);
  });

  test('is not repeated if someone else started it', async () => {
    const { fleet, operator } = setUp([association(ws(1), OFFICE, { state: 'INSTALLING' })], requires);
    await operator.run();
    await operator.clock.advance(0.5 * MINUTE);
    fleet.put(association(ws(1), OFFICE, { ...failed, lastUpdatedTime: operator.clock.now() }));
    await operator.pass(2 * MINUTE);
    expect(fleet.mutations.map(({ method, force }) => [method, force])).toEqual([
      ['associateWorkspaceApplication', undefined],
      ['deployWorkspaceApplications', false],
    ]);
  });

  test('is started again at most five times, too', async () => {
    const { fleet, operator } = setUp([association(ws(1), VISIO)]);
    operator.fleet.advance = () => {};
    let now = 0;
    const deploy = fleet.deployWorkspaceApplications.bind(fleet);
    fleet.deployWorkspaceApplications = async (workspaceID, options) => {
      const after = await deploy(workspaceID, options);
      now = operator.clock.now().getTime() + 20 * MINUTE;
      return after;
    };
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      if (operator.clock.now().getTime() >= now && fleet.stateOf(ws(1), VISIO) === 'PENDING_UNINSTALL') {
        // Reads are so rare that the operator never sees the end of a deployment.
        await operator.clock.advance(2 * MINUTE);
        fleet.put(association(ws(1), VISIO, { ...failed, lastUpdatedTime: operator.clock.now() }));
        fleet.putWorkspace(workspace(ws(1)));
      }
      await operator.run();
      await operator.clock.advance(MINUTE);
    }
    expect(deploymentsOf(fleet).map(({ force }) => force)).toEqual([false, false, false, false, false, false]);
  });
});

describe('a failed deployment is retried at most five times,', () => {
  const forcedIn = (fleet: FakeFleet) => fleet.mutations.filter(({ force }) => force).length;

  test('regardless of other failures in between', async () => {
    const { fleet, operator } = setUp([association(ws(1), VISIO)]);
    fleet.failDeployments(ws(1), VISIO, failed.stateReason);
    const deploy = fleet.deployWorkspaceApplications.bind(fleet);
    let calls = 0;
    fleet.deployWorkspaceApplications = (...args) => {
      if (++calls % 3 === 0) {
        fleet.failNext('deployWorkspaceApplications', 'ResourceInUse');
      }
      return deploy(...args);
    };
    await operator.pass(24 * 60 * MINUTE);
    expect(fleet.mutations.length).toBeLessThan(12);
  });

  test('regardless of the number of policies', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const { fleet, operator } = setUp([association(ws(1), VISIO)], ...names.map((name) => policy(name)));
    fleet.failDeployments(ws(1), VISIO, failed.stateReason);
    await operator.pass(24 * 60 * MINUTE);
    expect(forcedIn(fleet)).toBe(5);
  });

  test('and five more times after the application was removed and came back', async () => {
    const { fleet, operator } = setUp([association(ws(1), VISIO)]);
    fleet.failDeployments(ws(1), VISIO, failed.stateReason);
    await operator.pass(4 * 60 * MINUTE);
    expect(forcedIn(fleet)).toBe(5);
    fleet.put(association(ws(1), VISIO, { state: 'REMOVED' }));
    await operator.pass(20 * MINUTE);
    fleet.put(association(ws(1), VISIO));
    await operator.pass(4 * 60 * MINUTE);
    expect(forcedIn(fleet)).toBe(10);
  });

  test('and a restart does not count other failures', async () => {
    const both = policy('p', { applications: { denied: [{ id: VISIO }, { id: PROJECT }] } });
    const { fleet, operator } = setUp([association(ws(1), VISIO)], both);
    fleet.failDeployments(ws(1), VISIO, failed.stateReason);
    await operator.pass(4 * 60 * MINUTE);
    expect(forcedIn(fleet)).toBe(5);
    fleet.put(association(ws(1), PROJECT, failed));
    operator.restart();
    await operator.pass(20 * MINUTE);
    expect(forcedIn(fleet)).toBe(5);
  });
});

test.each([0, 1, 2])('a failed deployment is repeated %i times with this retry.limit', async (limit) => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)], policy('p', { retry: { limit } }));
  fleet.failDeployments(ws(1), VISIO, failed.stateReason);
  await operator.pass(3 * 60 * MINUTE);
  expect(deploymentsOf(fleet)).toHaveLength(1 + limit);
  const { status } = await operator.run();
  expect(status.compliance).toMatchObject({ failed: 1 });
  expect(status.associations?.[0]).toMatchObject({ holdReason: 'Rejected' });
});

test.each([
  ['the operator saw the failure late', 10 * MINUTE],
  ['the operator saw the failure at once', 0],
])('with retry.limit 0, a restarted operator does not repeat its failed deployment, although %s', async (_, downMs) => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)], policy('p', { retry: { limit: 0 } }));
  fleet.failDeployments(ws(1), VISIO, failed.stateReason);
  while (deploymentsOf(fleet).length === 0) {
    await operator.clock.advance(5_000);
    await operator.run();
  }
  await operator.clock.advance(downMs);
  fleet.advance();
  fleet.advance();
  operator.restart();
  await operator.pass(60 * MINUTE);
  expect(deploymentsOf(fleet)).toHaveLength(1);
  const { status } = await operator.run();
  expect(status.associations?.[0]?.message).toContain('and spec.retry.limit is 0');
});

test('with retry.limit 0, the operator removes an application whose deployment by someone else failed', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO, failed)], policy('p', { retry: { limit: 0 } }));
  await operator.pass(60 * MINUTE);
  expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
});

test('with retry.limit 0, an edit does not suffice after the operator repeated the deployment of someone else once', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO, failed)], policy('p', { retry: { limit: 0 } }));
  fleet.failDeployments(ws(1), VISIO, failed.stateReason);
  await operator.pass(60 * MINUTE);
  expect(deploymentsOf(fleet)).toHaveLength(1);
  const { status } = await operator.run();
  expect(status.associations?.[0]?.message).toContain('; to retry it, raise spec.retry.limit');
});

/** Returns the times of the deployments that follow, as they are called, in milliseconds. */
function deploymentTimesOf(fleet: FakeFleet, { clock }: FakeOperator): readonly number[] {
  const deploy = fleet.deployWorkspaceApplications.bind(fleet);
  const times: number[] = [];
  fleet.deployWorkspaceApplications = (...args) => {
    times.push(clock.monotonic());
    return deploy(...args);
  };
  return times;
}

const PATIENT = { limit: 3, backoff: { duration: '10m', factor: 3, maxDuration: '1h' } };

/** Returns an operator with these retries, a fleet in which each deployment fails, and the times of the deployments. */
function withFailingDeployments(retry: object) {
  const { fleet, operator } = setUp([association(ws(1), VISIO)], policy('p', { retry }));
  fleet.reportsUpdates = true;
  fleet.failDeployments(ws(1), VISIO, failed.stateReason);
  return { operator, times: deploymentTimesOf(fleet, operator) };
}

/** Expects retries after the waits of `PATIENT`, at most `tolerance` minutes late. */
function expectPatientRetries(times: readonly number[], tolerance: number): void {
  const waits = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / MINUTE);
  expect(waits).toHaveLength(3);
  for (const [index, wanted] of [10, 30, 60].entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(wanted);
    expect(waits[index]).toBeLessThan(wanted + tolerance);
  }
}

test('the retries of a failed deployment wait for the backoff of the policy', async () => {
  const { operator, times } = withFailingDeployments(PATIENT);
  await operator.pass(5 * 60 * MINUTE);
  expectPatientRetries(times, 2);
});

test('the retries of a failed deployment wait from the recorded time of the failure, however often the operator restarts', async () => {
  const { operator, times } = withFailingDeployments(PATIENT);
  for (let passed = 0; passed < 5 * 60; passed += 4) {
    await operator.pass(4 * MINUTE);
    operator.restart();
  }
  expectPatientRetries(times, 3);
});

test('a restarted operator repeats no deployment while reads may lag behind, however short the backoff is', async () => {
  const { operator, times } = withFailingDeployments({ limit: 3, backoff: { duration: '5m', factor: 1 } });
  while (times.length < 2) {
    await operator.pass(MINUTE);
  }
  await operator.pass(4 * MINUTE);
  operator.restart();
  await operator.pass(5 * MINUTE);
  const restartedAt = operator.clock.monotonic() - 5 * MINUTE;
  const [, second = 0, third = 0] = times;
  expect(times).toHaveLength(3);
  expect(third - second).toBeGreaterThanOrEqual(5 * MINUTE);
  expect(third - restartedAt).toBeGreaterThanOrEqual(MINUTE);
});

test('the first retry waits for the backoff also if AWS omits the time of the failure', async () => {
  const patient = policy('p', { retry: { limit: 1, backoff: { duration: '10m' } } });
  const { fleet, operator } = setUp([association(ws(1), VISIO)], patient);
  fleet.failDeployments(ws(1), VISIO, failed.stateReason);
  const times = deploymentTimesOf(fleet, operator);
  await operator.pass(60 * MINUTE);
  const [first = 0, second = 0] = times;
  expect(times).toHaveLength(2);
  expect((second - first) / MINUTE).toBeGreaterThanOrEqual(10);
  expect((second - first) / MINUTE).toBeLessThan(12);
});

test('a change with a lost response is not repeated while reads lag behind', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)]);
  const read = fleet.describeWorkspaceAssociations.bind(fleet);
  const before = await read(ws(1));
  fleet.describeWorkspaceAssociations = async (workspaceID) =>
    operator.clock.monotonic() < 45_000 ? before : read(workspaceID);
  fleet.failNext('disassociateWorkspaceApplication', 'Unavailable', { carriedOut: true });
  await operator.pass(30 * MINUTE);
  expect(fleet.mutations.filter(({ method }) => method.startsWith('disassociate'))).toHaveLength(1);
  expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
});

test('a requested reconciliation is not handled while reads fail', async () => {
  const { fleet, operator } = setUp([]);
  await operator.run();
  operator.requestedAt = 'now';
  await operator.clock.advance(1_000);
  fleet.failNext('describeWorkspaces', 'Unavailable');
  expect((await operator.run()).status.lastHandledReconcileAt).toBeUndefined();
  await operator.clock.advance(6_000);
  expect((await operator.run()).status.lastHandledReconcileAt).toBe('now');
});

describe('a removal continues within minutes, regardless of the interval, after', () => {
  const slowly = policy('p', { interval: '12h' });

  test('a user reverted a pending change', async () => {
    const theirs = association(ws(1), OFFICE, { state: 'PENDING_INSTALL_DEPLOYMENT' });
    const { fleet, operator } = setUp([association(ws(1), VISIO), theirs], slowly);
    await operator.pass(20 * MINUTE);
    expect(fleet.mutations).toEqual([]);
    fleet.put({ ...theirs, state: 'COMPLETED' });
    await operator.pass(15 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
    expect(fleet.calls.length).toBeLessThan(120);
  });

  test('the WorkSpace became ready', async () => {
    const { fleet, operator } = setUp([association(ws(1), VISIO)], slowly);
    fleet.putWorkspace(workspace(ws(1), { state: 'STARTING' }));
    await operator.pass(4 * MINUTE);
    fleet.putWorkspace(workspace(ws(1)));
    await operator.pass(5 * MINUTE);
    expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
  });

  test('a deployment whose response omitted the associations', async () => {
    const { fleet, operator } = setUp([association(ws(1), VISIO)], slowly);
    const deploy = fleet.deployWorkspaceApplications.bind(fleet);
    fleet.deployWorkspaceApplications = async (...args) => {
      await deploy(...args);
      return [];
    };
    const { status, requeueAfter } = await operator.run();
    expect(status.compliance).toMatchObject({ inProgress: 1 });
    expect(requeueAfter).toBeLessThanOrEqual(15_000);
  });
});

test('a call is not repeated while reads lag behind', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)]);
  const read = fleet.describeWorkspaceAssociations.bind(fleet);
  const before = await read(ws(1));
  fleet.describeWorkspaceAssociations = async (workspaceID) =>
    operator.clock.monotonic() < 5_000 ? before : read(workspaceID);
  await operator.pass(20 * MINUTE);
  expect(fleet.mutations.map(({ method }) => method)).toEqual([
    'disassociateWorkspaceApplication',
    'deployWorkspaceApplications',
  ]);
  expect(fleet.stateOf(ws(1), VISIO)).toBe('REMOVED');
});

test('a delayed change is not sent after its policy was deleted', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)]);
  const send = fleet.disassociateWorkspaceApplication.bind(fleet);
  fleet.disassociateWorkspaceApplication = (workspaceID, applicationID, precondition) => {
    operator.policies = [];
    return send(workspaceID, applicationID, precondition);
  };
  await operator.run(policy());
  expect(fleet.mutations).toEqual([]);
});

test('a change that the rate limit delays for over a minute is not sent', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)]);
  const send = fleet.disassociateWorkspaceApplication.bind(fleet);
  fleet.disassociateWorkspaceApplication = async (workspaceID, applicationID, precondition) => {
    await operator.clock.advance(61_000);
    return send(workspaceID, applicationID, precondition);
  };
  const { outcome, requeueAfter } = await operator.run();
  expect(fleet.mutations).toEqual([]);
  expect(outcome.failures).toMatchObject([{ error: { kind: 'Throttled' } }]);
  expect(requeueAfter).toBe(30_000);
});

test('a change is not sent if one of its reads takes over a minute', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)]);
  const read = fleet.describeTags.bind(fleet);
  fleet.describeTags = async (workspaceID) => {
    await operator.clock.advance(61_000);
    return read(workspaceID);
  };
  const { outcome } = await operator.run();
  expect(fleet.mutations).toEqual([]);
  expect(outcome.failures).toMatchObject([{ error: { kind: 'Throttled' } }]);
});

test('a deployment reads again what is a minute old', async () => {
  const { fleet, operator } = setUp([association(ws(1), VISIO)]);
  const change = fleet.disassociateWorkspaceApplication.bind(fleet);
  fleet.disassociateWorkspaceApplication = async (workspaceID, applicationID, precondition) => {
    const answer = await change(workspaceID, applicationID, precondition);
    await operator.clock.advance(61_000);
    return answer;
  };
  await operator.run();
  const reads = ['describeWorkspaceAssociations', 'describeWorkspaces', 'describeTags'];
  const afterDisassociation = fleet.calls.slice(
    fleet.calls.findIndex(({ method }) => method === 'disassociateWorkspaceApplication'),
  );
  expect(afterDisassociation.map(({ method }) => method)).toEqual(expect.arrayContaining(reads));
  expect(deploymentsOf(fleet)).toHaveLength(1);
});

test('polling a rollout leaves calls for its changes', async () => {
  const ids = Array.from({ length: 400 }, (_, i) => ws(i + 1));
  const fleet = new FakeFleet({
    workspaces: ids.map((id): Workspace => workspace(id)),
    applications: APPLICATIONS,
    associations: ids.map((id) => association(id, VISIO)),
  });
  const operator = new FakeOperator(fleet, policy());
  const spend =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await operator.clock.advance(500);
      return call(...args);
    };
  fleet.describeWorkspaceAssociations = spend(fleet.describeWorkspaceAssociations.bind(fleet));
  fleet.disassociateWorkspaceApplication = spend(fleet.disassociateWorkspaceApplication.bind(fleet));
  fleet.deployWorkspaceApplications = spend(fleet.deployWorkspaceApplications.bind(fleet));
  fleet.describeWorkspaces = spend(fleet.describeWorkspaces.bind(fleet));
  fleet.advance = () => {};
  await operator.pass(20 * MINUTE);
  const polls = fleet.calls.filter(({ method }) => method === 'describeApplicationAssociations').length;
  expect(deploymentsOf(fleet).length).toBe(400);
  expect(polls).toBeLessThan(20);
});

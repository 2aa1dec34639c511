import { describe, expect, test } from 'vitest';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';

const sorted = (items: Iterable<string>) => [...items].sort();
const eachOnce = (workspaceIDs: Iterable<string>) =>
  sorted([...workspaceIDs].flatMap((id) => [`Disassociate ${id} ${VISIO}`, `Deploy ${id}`]));

describe('operator', { concurrent: true }, () => {
  test('the operator removes a denied application from 40 of 200 WorkSpaces once, and reports each removal', async () => {
    await using harness = await ClusterHarness.start(fleetOf(200, 5));
    const having = [...harness.statesOf(VISIO).keys()];
    const officeBefore = harness.statesOf(OFFICE);
    expect(having).toHaveLength(40);
    await harness.apply('no-visio', {
      rollout: { maxFailures: '100%' },
      safeguards: { maxAffectedWorkspaces: '20%' },
    });
    await harness.waitForCondition('no-visio', 'Compliant', 'True');

    expect(sorted(harness.changes())).toEqual(eachOnce(having));
    expect(new Set(harness.statesOf(VISIO).values())).toEqual(new Set(['REMOVED']));
    expect(harness.statesOf(OFFICE)).toEqual(officeBefore);

    await eventuallyReported(async () =>
      expect((await harness.events()).map(({ reason }) => reason)).toContain('Removed'),
    );
    const get = await harness.kubectl('get', 'wsap');
    expect(get).toMatch(/NAME +ENFORCEMENT +SUSPENDED +READY +COMPLIANT +WORKSPACES +DRIFTED +HELD +AGE/);
    expect(get).toMatch(/no-visio +Enforce +false +True +True +200 +0 +0 /);
    const lastScreen = (await harness.kubectl('describe', 'wsap', 'no-visio'))
      .trimEnd()
      .split('\n')
      .slice(-40)
      .join('\n');
    expect(lastScreen).toMatch(/Summary:\n +WORKSPACE +USER +APPLICATION +STATE +NEXT\n/);
    expect(lastScreen).toMatch(/ws-demo\S+ +user\S+ +Microsoft Visio LTSC Professional 2021 +REMOVED +done/);
    expect(lastScreen).toMatch(
      /Normal +Disassociated .* wsap-operator +Disassociated Microsoft Visio LTSC Professional 2021 from/,
    );
    expect(lastScreen).toMatch(/Normal +Removed .* wsap-operator +Removed Microsoft Visio LTSC Professional 2021 from/);
  });

  test('an operator that is killed repeatedly reaches the same state without repeating a change', async () => {
    await using harness = await ClusterHarness.start(fleetOf(40, 2));
    const having = [...harness.statesOf(VISIO).keys()];
    await harness.apply('no-visio');
    for (const reached of [1, 13, 24, 36]) {
      await eventually(() => expect(harness.changes().length).toBeGreaterThanOrEqual(reached));
      await harness.operator.kill();
      harness.operator.start();
    }
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(sorted(harness.changes())).toEqual(eachOnce(having));
  });

  test('without drift, the operator writes nothing and reads AWS only once per interval', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 20));
    await harness.apply('no-visio', { interval: '5s' });
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    const reads = () => harness.calls('DescribeApplications').length;
    const before = reads();
    await eventually(() => expect(reads()).toBeGreaterThan(before));
    const { metadata } = await harness.policy('no-visio');
    const events = await harness.events();
    const seen = reads();
    await eventually(() => expect(reads()).toBeGreaterThan(seen + 1));
    const times = harness.calls('DescribeApplications').map(({ time }) => Date.parse(time));
    // A busy machine delays each call, but never makes the interval shorter on average.
    expect(((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1)).toBeGreaterThan(3_500);
    expect((await harness.policy('no-visio')).metadata.resourceVersion).toBe(metadata.resourceVersion);
    expect(await harness.events()).toEqual(events);
    const perInterval = ['DescribeWorkspaces', 'DescribeApplications', 'DescribeApplicationAssociations'];
    for (const operation of perInterval) {
      expect(harness.calls(operation).length).toBeLessThanOrEqual(reads());
    }
    expect(harness.changes()).toEqual([]);
  });

  test.each([
    ['DescribeWorkspaces', 'DescribeWorkspaces, page 2'],
    ['DescribeApplicationAssociations', `DescribeApplicationAssociations for ${VISIO}, page 2`],
  ] as const)(
    'the operator removes nothing while page 2 of %s fails, and names the failed read',
    async (operation, named) => {
      await using harness = await ClusterHarness.start(
        fleetOf(60, 2, { faults: [{ fault: 'HttpError', operation, page: 2 }] }),
      );
      await harness.apply('no-visio');
      const policy = await harness.waitForCondition('no-visio', 'Ready', 'False', 'ReadFailed');
      expect(policy.status?.conditions?.find(({ type }) => type === 'Ready')?.message).toContain(named);
      expect(harness.changes()).toEqual([]);
      harness.simulator.faults.clear();
      await harness.waitForCondition('no-visio', 'Compliant', 'True');
      expect(harness.changes()).toHaveLength(60);
    },
  );

  test('two policies for the same WorkSpaces make each change once', async () => {
    await using harness = await ClusterHarness.start(fleetOf(20, 2));
    const having = [...harness.statesOf(VISIO).keys()];
    await Promise.all([harness.apply('one'), harness.apply('two', { applications: { denied: [{ id: VISIO }] } })]);
    await harness.waitForCondition('one', 'Compliant', 'True');
    await harness.waitForCondition('two', 'Compliant', 'True');
    expect(sorted(harness.changes())).toEqual(eachOnce(having));
  });

  test('a policy in audit mode is Ready and makes no change until it is set to Enforce', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 5));
    await harness.apply('no-visio', { enforcement: 'Audit' });
    await harness.kubectl('wait', '--for=condition=Ready', 'wsap/no-visio', '--timeout=180s');
    const { status } = await harness.policy('no-visio');
    expect(status?.compliance).toMatchObject({ selected: 10, drifted: 2, compliant: 8 });
    expect(harness.changes()).toEqual([]);
    await harness.apply('no-visio');
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(harness.changes()).toHaveLength(4);
  });

  test('the operator rejects a plan that exceeds the safeguard until the safeguard is raised', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 2));
    await harness.apply('no-visio', { safeguards: { maxAffectedWorkspaces: 4 } });
    const policy = await harness.waitForCondition('no-visio', 'Stalled', 'True', 'SafeguardExceeded');
    expect(policy.status?.summary?.[1]).toContain('disassociate (SafeguardExceeded)');
    expect(harness.changes()).toEqual([]);
    await harness.apply('no-visio', { safeguards: { maxAffectedWorkspaces: 5 } });
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(harness.changes()).toHaveLength(10);
  });

  test('the status names the missing IAM action and its resource', async () => {
    const faults = [{ fault: 'AccessDenied', operation: 'DisassociateWorkspaceApplication' } as const];
    await using harness = await ClusterHarness.start(fleetOf(10, 5, { faults }));
    await harness.apply('no-visio');
    const policy = await harness.waitForCondition('no-visio', 'Stalled', 'True', 'AccessDenied');
    const message = policy.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
    expect(message).toContain('workspaces:DisassociateWorkspaceApplication');
    expect(message).toMatch(/arn:aws:workspaces:eu-central-1:\d{12}:workspace\S*\/ws/);
    expect(harness.calls('DisassociateWorkspaceApplication').length).toBeLessThanOrEqual(3);
  });

  test('deleting a policy stops its rollout', async () => {
    const slow = [{ fault: 'Delay', operation: 'DeployWorkspaceApplications', delayMs: 1_000 } as const];
    await using harness = await ClusterHarness.start(fleetOf(40, 1, { faults: slow }));
    await harness.apply('no-visio');
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(3));
    await harness.kubectl('delete', 'wsap', 'no-visio');
    await harness.apply('witness', { enforcement: 'Audit' });
    await harness.waitForCondition('witness', 'Ready', 'True');
    // The run of the deleted policy may still be waiting for its last call.
    await eventuallyReported(async () =>
      expect(await (await harness.operator.get('/metrics')).text()).toMatch(
        /^controller_runtime_active_workers\{[^}]*controller="policy"[^}]*\} 0$/m,
      ),
    );
    const stopped = harness.changes().length;
    expect(stopped).toBeLessThan(80);
    await harness.kubectl('annotate', 'wsap', 'witness', 'wsap.dev/reconcile-requested-at=1');
    await eventuallyReported(async () =>
      expect((await harness.policy('witness')).status?.lastHandledReconcileAt).toBe('1'),
    );
    expect(harness.changes()).toHaveLength(stopped);
  });

  test('a requested reconciliation starts immediately, and the status acknowledges it', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 20));
    await harness.apply('no-visio', { interval: '1h' });
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    const [workspace] = harness.statesOf(OFFICE).keys();
    harness.simulator.simulated.putAssociation(workspace ?? '', VISIO, { state: 'COMPLETED' });
    await harness.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=now');
    await eventually(() => expect(harness.statesOf(VISIO).get(workspace ?? '')).toBe('REMOVED'));
    expect((await harness.policy('no-visio')).status?.lastHandledReconcileAt).toBe('now');
  });

  test('a suspended policy makes no change until it is resumed', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 5));
    await harness.apply('no-visio', { suspend: true });
    await harness.waitForCondition('no-visio', 'Compliant', 'False', 'Suspended');
    expect(harness.changes()).toEqual([]);
    await harness.kubectl('patch', 'wsap', 'no-visio', '--type=merge', '-p', '{"spec":{"suspend":false}}');
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
  });

  test('a policy waits for its maintenance window, shows the time, and continues when the window opens', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 5));
    // Not tomorrow, which may begin during the test.
    const then = new Date(Date.now() + 48 * 3_600_000);
    const elsewhen = `0 12 ${then.getUTCDate()} ${then.getUTCMonth() + 1} *`;
    await harness.apply('no-visio', { rollout: { maintenanceWindows: [{ cron: elsewhen, duration: '1h' }] } });
    await harness.waitForCondition('no-visio', 'Compliant', 'False', 'OutsideMaintenanceWindow');
    await harness.waitForCondition('no-visio', 'Ready', 'True');
    const describe = await harness.kubectl('describe', 'wsap', 'no-visio');
    const day = then.toISOString().slice(0, 10);
    expect(describe).toMatch(new RegExp(`Next Window: +${day}T12:00:00Z`));
    expect(describe).toContain(`disassociate after ${day} 12:00 UTC (OutsideMaintenanceWindow)`);
    expect(harness.changes()).toEqual([]);
    await harness.apply('no-visio', { rollout: { maintenanceWindows: [{ cron: '* * * * *', duration: '5m' }] } });
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
  });

  test('a policy with an invalid time zone stalls, and recovers after an edit', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 5));
    const inZone = (timeZone: string) => ({
      rollout: { maintenanceWindows: [{ cron: '* * * * *', timeZone, duration: '5m' }] },
    });
    await harness.apply('no-visio', inZone('Mars/Phobos'));
    const { status } = await harness.waitForCondition('no-visio', 'Stalled', 'True', 'InvalidPolicy');
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
      'spec.rollout.maintenanceWindows[0].timeZone: must be a time zone of the IANA database',
    );
    expect(harness.changes()).toEqual([]);
    await harness.apply('no-visio', inZone('Europe/Berlin'));
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
  });

  test('the policy with the higher priority decides', async () => {
    await using harness = await ClusterHarness.start(fleetOf(10, 5));
    const [first = ''] = harness.statesOf(VISIO).keys();
    const exempt = {
      workspaceSelector: { workspaceIDs: [first] },
      applications: { allowed: [{ id: VISIO }] },
      priority: 10,
    };
    await harness.apply('designers', exempt);
    await harness.apply('no-visio');
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect([...harness.statesOf(VISIO)].map(([id, state]) => [id === first, state])).toEqual([
      [true, 'COMPLETED'],
      [false, 'REMOVED'],
    ]);
  });

  test('a rollout skips excepted WorkSpaces and respects maxInProgress', async () => {
    await using harness = await ClusterHarness.start(fleetOf(12, 2));
    const [first = ''] = harness.statesOf(VISIO).keys();
    let mostAtOnce = 0;
    const watching = setInterval(() => {
      const moving = [...harness.statesOf(VISIO).values()].filter((state) =>
        /^(PENDING_)?UNINSTALL(ING)?$/.test(state),
      );
      mostAtOnce = Math.max(mostAtOnce, moving.length);
    }, 20);
    await harness.apply('no-visio', {
      exceptions: [{ workspaceIDs: [first], application: { id: VISIO }, reason: 'audit until March' }],
      rollout: { maxInProgress: 2 },
    });
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    clearInterval(watching);
    expect(mostAtOnce).toBeGreaterThan(0);
    expect(mostAtOnce).toBeLessThanOrEqual(2);
    expect([...harness.statesOf(VISIO)].filter(([, state]) => state !== 'REMOVED')).toEqual([[first, 'COMPLETED']]);
    const { status } = await harness.policy('no-visio');
    expect(status?.associations?.find(({ workspaceID }) => workspaceID === first)).toMatchObject({
      verdict: 'Excepted',
      message: expect.stringContaining('audit until March'),
    });
  });

  test('a policy selects by bundle and user name, without excluded WorkSpaces', async () => {
    await using harness = await ClusterHarness.start(fleetOf(6, 1));
    const users = new Map(
      harness.simulator.simulated.workspaces.map(({ userName, workspaceID }) => [userName, workspaceID]),
    );
    const [one = '', two = '', three = ''] = ['user0001', 'user0002', 'user0003'].map((user) => users.get(user));
    await harness.apply('no-visio', {
      workspaceSelector: {
        bundleIDs: ['wsb-00000001'],
        userNames: ['USER000?'],
        exclude: { workspaceIDs: [one], userNames: ['user000[45]', 'user0004', '*5'] },
      },
    });
    const { status } = await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(status?.compliance?.selected).toBe(3);
    const removed = [...harness.statesOf(VISIO)].filter(([, state]) => state === 'REMOVED').map(([id]) => id);
    expect(sorted(removed)).toEqual(sorted([two, three, users.get('user0006') ?? '']));
  });

  test('on SIGTERM, the operator completes calls in flight and exits with 0', async () => {
    const slow = [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 500 } as const];
    await using harness = await ClusterHarness.start(fleetOf(20, 1, { faults: slow }));
    await harness.apply('no-visio');
    await eventually(() => expect(harness.changes().length).toBeGreaterThan(0));
    expect(await harness.operator.stop()).toBe(0);
    const before = harness.changes();
    expect(before.length).toBeLessThan(40);
    harness.simulator.faults.clear();
    harness.operator.start();
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    expect(new Set(harness.changes()).size).toBe(harness.changes().length);
  });
});

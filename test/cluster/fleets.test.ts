import { expect, test } from 'vitest';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

const DUBLIN = fleetOf(4, 2, {
  accountID: '222222222222',
  region: 'eu-west-1',
  roles: [{ name: 'wsap', externalID: 'x-4711' }],
});
const TO_DUBLIN = { region: 'eu-west-1', roleARN: 'arn:aws:iam::222222222222:role/wsap', externalID: 'x-4711' };

test.concurrent('fleets of two accounts work in parallel, and a fleet with a role that can’t be assumed affects neither', async () => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2), [], [DUBLIN]);
  await harness.applyFleet('frankfurt', { expectedAccountID: '123456789012' });
  await harness.applyFleet('dublin', TO_DUBLIN);
  await harness.applyFleet('broken', { ...TO_DUBLIN, externalID: 'x-0815' });
  for (const name of ['frankfurt', 'dublin', 'broken']) {
    await harness.apply(`in-${name}`, { fleetRef: { name: harness.fleetName(name) } });
  }

  const broken = await harness.waitForFleetCondition('broken', 'Ready', 'False', 'AccessDenied');
  expect(broken.status?.conditions?.[0]?.message).toMatch(/lacks the IAM action sts:AssumeRole .* trust policy/);
  const stalled = await harness.waitForCondition('in-broken', 'Stalled', 'True', 'FleetNotReady');
  expect(stalled.status?.conditions?.[0]?.message).toContain('sts:AssumeRole');

  const policy = await harness.waitForCondition('in-dublin', 'Compliant', 'True', 'Compliant');
  await harness.waitForCondition('in-frankfurt', 'Compliant', 'True', 'Compliant');
  expect(policy.status?.fleet).toEqual({
    name: harness.fleetName('dublin'),
    accountID: '222222222222',
    region: 'eu-west-1',
  });
  const [dublin] = harness.simulator.others;
  expect(dublin && harness.changes(dublin)).toHaveLength(4);
  expect(harness.changes()).toHaveLength(4);

  const { status } = await eventuallyReported(async () => {
    const fleet = await harness.fleet('dublin');
    expect(fleet.status?.lastInventory?.totalCalls).toBeGreaterThan(0);
    expect(fleet.status).toMatchObject({ accountID: '222222222222', policies: 1, workspaces: 4, applications: 2 });
    return fleet;
  });
  expect(status?.identity).toMatch(/^arn:aws:sts::222222222222:assumed-role\/wsap\/wsap-test/);
  const table = await harness.kubectl('get', 'wsfleet', harness.fleetName('dublin'));
  expect(table).toMatch(/NAME +ACCOUNT +REGION +READY +SUSPENDED +POLICIES +WORKSPACES +AGE/);
  expect(table).toMatch(/222222222222 +eu-west-1 +True +false +1 +4/);
  await eventuallyReported(async () => {
    const events = await harness.kubectl('-n', 'default', 'get', 'events', '-o', 'name');
    expect(events).toContain(harness.fleetName('broken'));
  });
});

test.concurrent('the status of a fleet shows that its last policy has left, also while the operator watches one namespace', async () => {
  await using harness = await ClusterHarness.start(fleetOf(2, 1));
  await harness.applyFleet('emea');
  const fleetRef = { name: harness.fleetName('emea') };
  await harness.apply('first', { fleetRef });
  await harness.apply('second', { fleetRef });
  const showsPolicies = (count: number) =>
    eventuallyReported(async () => expect((await harness.fleet('emea')).status?.policies).toBe(count));
  await showsPolicies(2);
  await harness.kubectl('delete', 'wsap', 'first');
  await showsPolicies(1);
  await harness.kubectl('delete', 'wsap', 'second');
  await showsPolicies(0);
  expect((await harness.fleet('emea')).status?.conditions).toEqual([
    expect.objectContaining({ type: 'Ready', status: 'True' }),
  ]);
  await eventually(() => expect(harness.operator.log).toContain('fleet released'));
});

test.concurrent('the operator neither reads nor changes an unexpected account', async () => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2));
  await harness.applyFleet('wrong', { expectedAccountID: '999999999999' });
  await harness.apply('no-visio', { fleetRef: { name: harness.fleetName('wrong') } });
  const fleet = await harness.waitForFleetCondition('wrong', 'Stalled', 'True', 'AccountMismatch');
  expect(fleet.status?.conditions?.[0]?.message).toMatch(/account 123456789012 .* 999999999999 is expected/);
  await harness.waitForCondition('no-visio', 'Stalled', 'True', 'FleetNotReady');
  expect(harness.simulator.calls.list()).toEqual([]);

  await harness.applyFleet('wrong', { expectedAccountID: '123456789012' });
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
});

test.concurrent('a policy receives no data of a fleet until the fleet admits its namespace', async () => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2));
  await harness.applyFleet('closed', {
    allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'x' } } },
  });
  const refused = async (name: string, fleet: string) => {
    await harness.apply(name, { fleetRef: { name: harness.fleetName(fleet) } });
    const { status } = await harness.waitForCondition(name, 'Stalled', 'True', 'RefNotPermitted');
    const [ready] = status?.conditions ?? [];
    return { ...status, conditions: [], message: ready?.message.replaceAll(fleet, 'FLEET') };
  };
  expect(await refused('a', 'closed')).toEqual(await refused('b', 'missing'));
  expect(harness.simulator.calls.list()).toEqual([]);

  await harness.kubectl('label', 'namespace', harness.namespace, 'team=x');
  await harness.waitForCondition('a', 'Compliant', 'True');
  expect(harness.changes()).toHaveLength(4);

  await harness.kubectl('label', 'namespace', harness.namespace, 'team=y', '--overwrite');
  const { status } = await harness.waitForCondition('a', 'Stalled', 'True', 'RefNotPermitted');
  expect(status).not.toHaveProperty('workspaces');
  expect(status).not.toHaveProperty('compliance');
});

test.concurrent('the operator stops a rollout when the fleet no longer admits the namespace', async () => {
  await using harness = await ClusterHarness.start(fleetOf(6, 1));
  const { faults } = harness.simulator;
  await harness.kubectl('label', 'namespace', harness.namespace, 'team=x');
  await harness.applyFleet('closed', {
    allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'x' } } },
  });
  await harness.apply('no-visio', {
    fleetRef: { name: harness.fleetName('closed') },
    rollout: { maxFailures: '100%' },
  });
  await eventually(() => expect(harness.changes()).not.toEqual([]));
  // Longer than the edit takes, so that a call is in flight when the operator learns of it.
  faults.add({ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 15_000 });
  await eventually(() => expect(faults.list()[0]?.struck).toBe(1));

  await harness.kubectl('label', 'namespace', harness.namespace, 'team-');
  await harness.waitForCondition('no-visio', 'Stalled', 'True', 'RefNotPermitted');
  // The call in flight is carried out. No deployment and no other read follows.
  const made = harness.changes();
  expect(made.length).toBeLessThan(12);
  const calls = harness.simulator.calls.list();
  expect(calls.at(-1)?.operation).toBe('DisassociateWorkspaceApplication');

  await harness.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=1');
  await eventuallyReported(async () =>
    expect((await harness.policy('no-visio')).status?.lastHandledReconcileAt).toBe('1'),
  );
  expect(harness.simulator.calls.list()).toHaveLength(calls.length);
  expect(harness.changes()).toEqual(made);
});

test.concurrent('a suspended fleet is evaluated, but not changed', async () => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2));
  await harness.applyFleet('suspended', { suspend: true });
  await harness.apply('no-visio', { fleetRef: { name: harness.fleetName('suspended') } });
  const { status } = await harness.waitForCondition('no-visio', 'Compliant', 'False', 'FleetSuspended');
  expect(status?.compliance).toMatchObject({ selected: 4, drifted: 2, held: 2 });
  await harness.waitForFleetCondition('suspended', 'Ready', 'True', 'Suspended');
  expect(await harness.kubectl('describe', 'wsap', 'no-visio')).toContain('FleetSuspended');
  expect(harness.changes()).toEqual([]);

  await harness.applyFleet('suspended', { suspend: false });
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
});

test.concurrent('a killed operator keeps the hourly limit of a fleet', async () => {
  await using harness = await ClusterHarness.start(fleetOf(6, 1));
  await harness.applyFleet('slow', { maxDisassociationsPerHour: 2 });
  await harness.apply('no-visio', { fleetRef: { name: harness.fleetName('slow') }, interval: '5s' });
  const isHeld = () => harness.waitForCondition('no-visio', 'Compliant', 'False', 'HourlyLimitReached');
  await isHeld();
  const disassociated = () => harness.changes().filter((change) => change.startsWith('Disassociate'));
  await eventually(() => expect(disassociated()).toHaveLength(2));
  await eventuallyReported(async () => expect((await harness.fleet('slow')).status?.disassociationsLastHour).toBe(2));

  await harness.operator.kill();
  const before = (await harness.policy('no-visio')).status?.lastSyncTime;
  harness.operator.start();
  await harness.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=1');
  await eventuallyReported(async () =>
    expect((await harness.policy('no-visio')).status?.lastHandledReconcileAt).toBe('1'),
  );
  expect((await isHeld()).status?.lastSyncTime).not.toBe(before);
  expect(disassociated()).toHaveLength(2);

  await harness.applyFleet('slow', { maxDisassociationsPerHour: 5 });
  await eventually(() => expect(disassociated()).toHaveLength(5));
  await isHeld();
});

test.concurrent('a fleet restricts its policies to its directories and can forbid exceptions', async () => {
  const generate = (idPrefix: string, directoryID: string) => ({
    count: 2,
    idPrefix,
    directoryIDs: [directoryID],
    applications: [VISIO],
  });
  await using harness = await ClusterHarness.start(
    fleetOf(0, 1, { generate: [generate('in', 'd-00000000aa'), generate('out', 'd-00000000bb')] }),
  );
  await harness.applyFleet('half', { directoryIDs: ['d-00000000aa'], exceptions: 'Forbid' });
  const fleetRef = { name: harness.fleetName('half') };
  const exceptions = [{ workspaceIDs: ['ws-in0000000'], application: { id: VISIO }, reason: 'mine' }];
  await harness.apply('excepting', { fleetRef, exceptions });
  const { status } = await harness.waitForCondition('excepting', 'Stalled', 'True', 'ExceptionsForbidden');
  expect(status?.conditions?.[0]?.message).toMatch(/^spec\.exceptions: the WorkspaceFleet .* forbids exceptions/);
  expect(harness.changes()).toEqual([]);

  await harness.apply('no-visio', { fleetRef });
  const policy = await harness.waitForCondition('no-visio', 'Compliant', 'True');
  expect(policy.status?.compliance?.selected).toBe(2);
  expect(
    [...harness.statesOf(VISIO)].filter(([, state]) => state === 'COMPLETED').map(([id]) => id.slice(0, 6)),
  ).toEqual(['ws-out', 'ws-out']);
});

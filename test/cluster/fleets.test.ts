import { expect, test } from 'vitest';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

const DUBLIN = fleetOf(4, 2, {
  accountID: '222222222222',
  region: 'eu-west-1',
  roles: [{ name: 'wsap', externalID: 'x-4711' }],
});
const TO_DUBLIN = { region: 'eu-west-1', roleARN: 'arn:aws:iam::222222222222:role/wsap', externalID: 'x-4711' };

test.concurrent('fleets of two accounts and regions are run side by side, and one whose role can’t be assumed disturbs neither', async () => {
  await using harness = await ClusterHarness.begin(fleetOf(4, 2), [], [DUBLIN]);
  await harness.applyFleet('frankfurt', { expectedAccountID: '123456789012' });
  await harness.applyFleet('dublin', TO_DUBLIN);
  await harness.applyFleet('broken', { ...TO_DUBLIN, externalID: 'x-0815' });
  for (const name of ['frankfurt', 'dublin', 'broken']) {
    await harness.apply(`in-${name}`, { fleetRef: { name: harness.fleetName(name) } });
  }

  const broken = await harness.untilFleet('broken', 'Ready', 'False', 'AccessDenied');
  expect(broken.status?.conditions?.[0]?.message).toMatch(/lacks the IAM action sts:AssumeRole .* trust policy/);
  const stalled = await harness.untilCondition('in-broken', 'Stalled', 'True', 'FleetNotReady');
  expect(stalled.status?.conditions?.[0]?.message).toContain('sts:AssumeRole');

  const policy = await harness.untilCondition('in-dublin', 'Compliant', 'True', 'Compliant');
  await harness.untilCondition('in-frankfurt', 'Compliant', 'True', 'Compliant');
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
    return fleet;
  });
  expect(status).toMatchObject({ accountID: '222222222222', policies: 1, workspaces: 4, applications: 2 });
  expect(status?.identity).toMatch(/^arn:aws:sts::222222222222:assumed-role\/wsap\/wsap-scene/);
  const table = await harness.kubectl('get', 'wsfleet', harness.fleetName('dublin'));
  expect(table).toMatch(/NAME +ACCOUNT +REGION +READY +SUSPENDED +POLICIES +WORKSPACES +AGE/);
  expect(table).toMatch(/222222222222 +eu-west-1 +True +false +1 +4/);
  const events = await harness.kubectl('-n', 'default', 'get', 'events', '-o', 'name');
  expect(events).toContain(harness.fleetName('broken'));
});

test.concurrent('another account than the expected one is left alone, and is not even read', async () => {
  await using harness = await ClusterHarness.begin(fleetOf(4, 2));
  await harness.applyFleet('wrong', { expectedAccountID: '999999999999' });
  await harness.apply('no-visio', { fleetRef: { name: harness.fleetName('wrong') } });
  const fleet = await harness.untilFleet('wrong', 'Stalled', 'True', 'AccountMismatch');
  expect(fleet.status?.conditions?.[0]?.message).toMatch(/account 123456789012 .* 999999999999 is expected/);
  await harness.untilCondition('no-visio', 'Stalled', 'True', 'FleetNotReady');
  expect(harness.simulator.calls.list()).toEqual([]);

  await harness.applyFleet('wrong', { expectedAccountID: '123456789012' });
  await harness.untilCondition('no-visio', 'Compliant', 'True');
});

test.concurrent('a policy whose namespace isn’t admitted learns nothing of the fleet, until a label admits it', async () => {
  await using harness = await ClusterHarness.begin(fleetOf(4, 2));
  await harness.applyFleet('closed', {
    allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'x' } } },
  });
  const refused = async (name: string, fleet: string) => {
    await harness.apply(name, { fleetRef: { name: harness.fleetName(fleet) } });
    const { status } = await harness.untilCondition(name, 'Stalled', 'True', 'RefNotPermitted');
    const [ready] = status?.conditions ?? [];
    return { ...status, conditions: [], message: ready?.message.replaceAll(fleet, 'FLEET') };
  };
  expect(await refused('a', 'closed')).toEqual(await refused('b', 'missing'));
  expect(harness.simulator.calls.list()).toEqual([]);

  await harness.kubectl('label', 'namespace', harness.namespace, 'team=x');
  await harness.untilCondition('a', 'Compliant', 'True');
  expect(harness.changes()).toHaveLength(4);

  await harness.kubectl('label', 'namespace', harness.namespace, 'team=y', '--overwrite');
  const { status } = await harness.untilCondition('a', 'Stalled', 'True', 'RefNotPermitted');
  expect(status).not.toHaveProperty('workspaces');
  expect(status).not.toHaveProperty('compliance');
});

test.concurrent('a namespace that loses its label while its plan is carried out: no call is made after that', async () => {
  const slow = [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 4_000 } as const];
  await using harness = await ClusterHarness.begin(fleetOf(6, 1, { faults: slow }));
  await harness.kubectl('label', 'namespace', harness.namespace, 'team=x');
  await harness.applyFleet('closed', {
    allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'x' } } },
  });
  await harness.apply('no-visio', { fleetRef: { name: harness.fleetName('closed') } });
  await eventually(() => expect(harness.changes()).not.toEqual([]));

  await harness.kubectl('label', 'namespace', harness.namespace, 'team-');
  await harness.untilCondition('no-visio', 'Stalled', 'True', 'RefNotPermitted');
  // What was under way is carried out; not even its deployment follows, nor another read.
  const made = harness.changes();
  expect(made.length).toBeLessThan(6);
  const calls = harness.simulator.calls.list();
  expect(calls.at(-1)?.operation).toBe('DisassociateWorkspaceApplication');

  await harness.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=1');
  await eventually(async () => expect((await harness.policy('no-visio')).status?.lastHandledReconcileAt).toBe('1'));
  expect(harness.simulator.calls.list()).toHaveLength(calls.length);
  expect(harness.changes()).toEqual(made);
});

test.concurrent('a suspended fleet is read and reported, and not changed', async () => {
  await using harness = await ClusterHarness.begin(fleetOf(4, 2));
  await harness.applyFleet('suspended', { suspend: true });
  await harness.apply('no-visio', { fleetRef: { name: harness.fleetName('suspended') } });
  const { status } = await harness.untilCondition('no-visio', 'Compliant', 'False', 'FleetSuspended');
  expect(status?.compliance).toMatchObject({ selected: 4, held: 2 });
  await harness.untilFleet('suspended', 'Ready', 'True', 'Suspended');
  expect(await harness.kubectl('describe', 'wsap', 'no-visio')).toContain('FleetSuspended');
  expect(harness.changes()).toEqual([]);

  await harness.applyFleet('suspended', { suspend: false });
  await harness.untilCondition('no-visio', 'Compliant', 'True');
});

test.concurrent('a fleet loses no more applications in an hour than it allows, even if the operator is killed', async () => {
  await using harness = await ClusterHarness.begin(fleetOf(6, 1));
  await harness.applyFleet('slow', { maxDisassociationsPerHour: 2 });
  await harness.apply('no-visio', { fleetRef: { name: harness.fleetName('slow') }, interval: '5s' });
  const isHeld = () => harness.untilCondition('no-visio', 'Compliant', 'False', 'HourlyLimitReached');
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

test.concurrent('policies reach no WorkSpace beyond the fleet’s directories, and may except nothing where that is forbidden', async () => {
  const generate = (idPrefix: string, directoryID: string) => ({
    count: 2,
    idPrefix,
    directoryIDs: [directoryID],
    applications: [VISIO],
  });
  await using harness = await ClusterHarness.begin(
    fleetOf(0, 1, { generate: [generate('in', 'd-00000000aa'), generate('out', 'd-00000000bb')] }),
  );
  await harness.applyFleet('half', { directoryIDs: ['d-00000000aa'], exceptions: 'Forbid' });
  const fleetRef = { name: harness.fleetName('half') };
  const exceptions = [{ workspaceIDs: ['ws-in0000000'], application: { id: VISIO }, reason: 'mine' }];
  await harness.apply('excepting', { fleetRef, exceptions });
  const { status } = await harness.untilCondition('excepting', 'Stalled', 'True', 'ExceptionsForbidden');
  expect(status?.conditions?.[0]?.message).toMatch(/^spec\.exceptions: the WorkspaceFleet .* forbids exceptions/);
  expect(harness.changes()).toEqual([]);

  await harness.apply('no-visio', { fleetRef });
  const policy = await harness.untilCondition('no-visio', 'Compliant', 'True');
  expect(policy.status?.compliance?.selected).toBe(2);
  expect(
    [...harness.statesOf(VISIO)].filter(([, state]) => state === 'COMPLETED').map(([id]) => id.slice(0, 6)),
  ).toEqual(['ws-out', 'ws-out']);
});

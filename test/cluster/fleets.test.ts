import { expect, test } from 'vitest';
import { fleetOf, Scene, until, untilTold, VISIO } from './scene.ts';

const DUBLIN = fleetOf(4, 2, {
  accountID: '222222222222',
  region: 'eu-west-1',
  roles: [{ name: 'wsap', externalId: 'x-4711' }],
});
const TO_DUBLIN = { region: 'eu-west-1', roleARN: 'arn:aws:iam::222222222222:role/wsap', externalID: 'x-4711' };

test.concurrent('fleets of two accounts and regions are run side by side, and one whose role can’t be assumed disturbs neither', async () => {
  await using scene = await Scene.begin(fleetOf(4, 2), [], [DUBLIN]);
  await scene.applyFleet('frankfurt', { expectedAccountID: '123456789012' });
  await scene.applyFleet('dublin', TO_DUBLIN);
  await scene.applyFleet('broken', { ...TO_DUBLIN, externalID: 'x-0815' });
  for (const name of ['frankfurt', 'dublin', 'broken']) {
    await scene.apply(`in-${name}`, { fleetRef: { name: scene.fleetName(name) } });
  }

  const broken = await scene.untilFleet('broken', 'Ready', 'False', 'AccessDenied');
  expect(broken.status?.conditions?.[0]?.message).toMatch(/lacks the IAM action sts:AssumeRole .* trust policy/);
  const stalled = await scene.untilCondition('in-broken', 'Stalled', 'True', 'FleetNotReady');
  expect(stalled.status?.conditions?.[0]?.message).toContain('sts:AssumeRole');

  const policy = await scene.untilCondition('in-dublin', 'Compliant', 'True', 'Compliant');
  await scene.untilCondition('in-frankfurt', 'Compliant', 'True', 'Compliant');
  expect(policy.status?.fleet).toEqual({
    name: scene.fleetName('dublin'),
    accountID: '222222222222',
    region: 'eu-west-1',
  });
  const [dublin] = scene.simulator.others;
  expect(dublin && scene.changes(dublin)).toHaveLength(4);
  expect(scene.changes()).toHaveLength(4);

  const { status } = await untilTold(async () => {
    const fleet = await scene.fleet('dublin');
    expect(fleet.status?.lastInventory?.totalCalls).toBeGreaterThan(0);
    return fleet;
  });
  expect(status).toMatchObject({ accountID: '222222222222', policies: 1, workspaces: 4, applications: 2 });
  expect(status?.identity).toMatch(/^arn:aws:sts::222222222222:assumed-role\/wsap\/wsap-scene/);
  const table = await scene.kubectl('get', 'wsfleet', scene.fleetName('dublin'));
  expect(table).toMatch(/NAME +ACCOUNT +REGION +READY +SUSPENDED +POLICIES +WORKSPACES +AGE/);
  expect(table).toMatch(/222222222222 +eu-west-1 +True +false +1 +4/);
  const events = await scene.kubectl('-n', 'default', 'get', 'events', '-o', 'name');
  expect(events).toContain(scene.fleetName('broken'));
});

test.concurrent('another account than the expected one is left alone, and is not even read', async () => {
  await using scene = await Scene.begin(fleetOf(4, 2));
  await scene.applyFleet('wrong', { expectedAccountID: '999999999999' });
  await scene.apply('no-visio', { fleetRef: { name: scene.fleetName('wrong') } });
  const fleet = await scene.untilFleet('wrong', 'Stalled', 'True', 'AccountMismatch');
  expect(fleet.status?.conditions?.[0]?.message).toMatch(/account 123456789012 .* 999999999999 is expected/);
  await scene.untilCondition('no-visio', 'Stalled', 'True', 'FleetNotReady');
  expect(scene.simulator.calls.list()).toEqual([]);

  await scene.applyFleet('wrong', { expectedAccountID: '123456789012' });
  await scene.untilCondition('no-visio', 'Compliant', 'True');
});

test.concurrent('a policy whose namespace isn’t admitted learns nothing of the fleet, until a label admits it', async () => {
  await using scene = await Scene.begin(fleetOf(4, 2));
  await scene.applyFleet('closed', {
    allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'x' } } },
  });
  const refused = async (name: string, fleet: string) => {
    await scene.apply(name, { fleetRef: { name: scene.fleetName(fleet) } });
    const { status } = await scene.untilCondition(name, 'Stalled', 'True', 'RefNotPermitted');
    const [ready] = status?.conditions ?? [];
    return { ...status, conditions: [], message: ready?.message.replaceAll(fleet, 'FLEET') };
  };
  expect(await refused('a', 'closed')).toEqual(await refused('b', 'missing'));
  expect(scene.simulator.calls.list()).toEqual([]);

  await scene.kubectl('label', 'namespace', scene.namespace, 'team=x');
  await scene.untilCondition('a', 'Compliant', 'True');
  expect(scene.changes()).toHaveLength(4);

  await scene.kubectl('label', 'namespace', scene.namespace, 'team=y', '--overwrite');
  const { status } = await scene.untilCondition('a', 'Stalled', 'True', 'RefNotPermitted');
  expect(status).not.toHaveProperty('workspaces');
  expect(status).not.toHaveProperty('compliance');
});

test.concurrent('a namespace that loses its label while its plan is carried out: no call is made after that', async () => {
  const slow = [{ fault: 'Delay', operation: 'DisassociateWorkspaceApplication', delayMs: 4_000 } as const];
  await using scene = await Scene.begin(fleetOf(6, 1, { faults: slow }));
  await scene.kubectl('label', 'namespace', scene.namespace, 'team=x');
  await scene.applyFleet('closed', {
    allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'x' } } },
  });
  await scene.apply('no-visio', { fleetRef: { name: scene.fleetName('closed') } });
  await until(() => expect(scene.changes()).not.toEqual([]));

  await scene.kubectl('label', 'namespace', scene.namespace, 'team-');
  await scene.untilCondition('no-visio', 'Stalled', 'True', 'RefNotPermitted');
  // What was under way is carried out; not even its deployment follows, nor another read.
  const made = scene.changes();
  expect(made.length).toBeLessThan(6);
  const calls = scene.simulator.calls.list();
  expect(calls.at(-1)?.operation).toBe('DisassociateWorkspaceApplication');

  await scene.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=1');
  await until(async () => expect((await scene.policy('no-visio')).status?.lastHandledReconcileAt).toBe('1'));
  expect(scene.simulator.calls.list()).toHaveLength(calls.length);
  expect(scene.changes()).toEqual(made);
});

test.concurrent('a suspended fleet is read and reported, and not changed', async () => {
  await using scene = await Scene.begin(fleetOf(4, 2));
  await scene.applyFleet('suspended', { suspend: true });
  await scene.apply('no-visio', { fleetRef: { name: scene.fleetName('suspended') } });
  const { status } = await scene.untilCondition('no-visio', 'Compliant', 'False', 'FleetSuspended');
  expect(status?.compliance).toMatchObject({ selected: 4, held: 2 });
  await scene.untilFleet('suspended', 'Ready', 'True', 'Suspended');
  expect(await scene.kubectl('describe', 'wsap', 'no-visio')).toContain('FleetSuspended');
  expect(scene.changes()).toEqual([]);

  await scene.applyFleet('suspended', { suspend: false });
  await scene.untilCondition('no-visio', 'Compliant', 'True');
});

test.concurrent('a fleet loses no more applications in an hour than it allows, even if the operator is killed', async () => {
  await using scene = await Scene.begin(fleetOf(6, 1));
  await scene.applyFleet('slow', { maxDisassociationsPerHour: 2 });
  await scene.apply('no-visio', { fleetRef: { name: scene.fleetName('slow') }, interval: '5s' });
  const isHeld = () => scene.untilCondition('no-visio', 'Compliant', 'False', 'HourlyLimitReached');
  await isHeld();
  const disassociated = () => scene.changes().filter((change) => change.startsWith('Disassociate'));
  await until(() => expect(disassociated()).toHaveLength(2));
  await untilTold(async () => expect((await scene.fleet('slow')).status?.disassociationsLastHour).toBe(2));

  await scene.operator.kill();
  const before = (await scene.policy('no-visio')).status?.lastSyncTime;
  scene.operator.start();
  await scene.kubectl('annotate', 'wsap', 'no-visio', 'wsap.dev/reconcile-requested-at=1');
  await untilTold(async () => expect((await scene.policy('no-visio')).status?.lastHandledReconcileAt).toBe('1'));
  expect((await isHeld()).status?.lastSyncTime).not.toBe(before);
  expect(disassociated()).toHaveLength(2);

  await scene.applyFleet('slow', { maxDisassociationsPerHour: 5 });
  await until(() => expect(disassociated()).toHaveLength(5));
  await isHeld();
});

test.concurrent('policies reach no WorkSpace beyond the fleet’s directories, and may except nothing where that is forbidden', async () => {
  const generate = (idPrefix: string, directoryID: string) => ({
    count: 2,
    idPrefix,
    directoryIDs: [directoryID],
    applications: [VISIO],
  });
  await using scene = await Scene.begin(
    fleetOf(0, 1, { generate: [generate('in', 'd-00000000aa'), generate('out', 'd-00000000bb')] }),
  );
  await scene.applyFleet('half', { directoryIDs: ['d-00000000aa'], exceptions: 'Forbid' });
  const fleetRef = { name: scene.fleetName('half') };
  const exceptions = [{ workspaceIDs: ['ws-in0000000'], application: { id: VISIO }, reason: 'mine' }];
  await scene.apply('excepting', { fleetRef, exceptions });
  const { status } = await scene.untilCondition('excepting', 'Stalled', 'True', 'ExceptionsForbidden');
  expect(status?.conditions?.[0]?.message).toMatch(/^spec\.exceptions: the WorkspaceFleet .* forbids exceptions/);
  expect(scene.changes()).toEqual([]);

  await scene.apply('no-visio', { fleetRef });
  const policy = await scene.untilCondition('no-visio', 'Compliant', 'True');
  expect(policy.status?.compliance?.selected).toBe(2);
  expect([...scene.statesOf(VISIO)].filter(([, state]) => state === 'COMPLETED').map(([id]) => id.slice(0, 6))).toEqual(
    ['ws-out', 'ws-out'],
  );
});

import { describe, expect, test } from 'vitest';
import { FleetError } from '../src/fleet/errors.ts';
import { association, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { HOUR, MINUTE } from './fixtures.ts';

/** Requires Office and denies Visio. Both WorkSpaces comply. */
const SPEC = { applications: { required: [{ id: OFFICE }], denied: [{ id: VISIO }] } };
const READY = { state: 'AVAILABLE' };

function start(
  spec: Parameters<typeof policy>[1] = SPEC,
  associations = [1, 2].map((n) => association(ws(n), OFFICE)),
) {
  const fleet = fakeFleet(2, associations);
  return { fleet, operator: new FakeOperator(fleet, policy('p', spec)) };
}

const setState = (fleet: FakeFleet, state: string, n = 1) => fleet.putWorkspace(workspace(ws(n), { state }));

/** Restores the first WorkSpace, which takes an hour. */
async function restore(fleet: FakeFleet, operator: FakeOperator) {
  setState(fleet, 'RESTORING');
  await operator.pass(HOUR);
  setState(fleet, READY.state);
  await operator.pass(HOUR);
}

const restoredIn = (operator: FakeOperator) =>
  (operator.status()?.restoredWorkspaces ?? []).map(({ workspaceID }) => workspaceID);
const compliantIn = (operator: FakeOperator) => condition(operator.status() ?? {}, 'Compliant');

async function confirm(operator: FakeOperator, value: string | undefined) {
  operator.restoresConfirmed = value;
  return operator.run();
}
const timeOf = (operator: FakeOperator) => operator.status()?.restoredWorkspaces?.[0]?.time ?? '';

describe.each([false, true])('a WorkSpace that was restored, with a restart: %s', (restarts) => {
  async function restored(spec?: Parameters<typeof policy>[1]) {
    const started = start(spec);
    await started.operator.run();
    await restore(started.fleet, started.operator);
    if (restarts) {
      started.operator.restart();
      await started.operator.run();
    }
    return started;
  }

  test('is unknown, and does not count as compliant', async () => {
    const { operator } = await restored();
    const status = operator.status() ?? {};
    expect(restoredIn(operator)).toEqual([ws(1)]);
    expect(status.compliance).toMatchObject({ selected: 2, compliant: 1, drifted: 0, unknown: 1 });
    expect(compliantIn(operator)).toMatchObject({
      status: 'Unknown',
      reason: 'Restored',
      message: '1 of 2 WorkSpaces complies; 1 unknown',
    });
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'True',
      message: expect.stringContaining('kubectl wsap confirm -n desktops p'),
    });
    expect(status.summary?.join('\n')).toMatch(new RegExp(`${ws(1)} .*confirm \\(Restored\\)`));
    expect(status.associations?.find(({ workspaceID }) => workspaceID === ws(1))?.message).toMatch(
      /^the WorkSpace was restored at .*, so AWS doesn't report whether it has the application/,
    );
  });

  test('is counted in the condition Undecided, which outranks Restored', async () => {
    const { fleet, operator } = await restored({
      workspaceSelector: { workspaceIDs: [ws(1), ws(2)] },
      applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' },
    });
    expect(compliantIn(operator)).toMatchObject({ status: 'Unknown', reason: 'Restored' });
    const read = fleet.describeWorkspaceAssociations.bind(fleet);
    fleet.describeWorkspaceAssociations = async (id) => {
      const associations = await read(id);
      if (id === ws(2)) {
        const operation = 'DescribeWorkspaceAssociations';
        throw new FleetError({ kind: 'AccessDenied', operation, resource: id, reason: 'not allowed' });
      }
      return associations;
    };
    await operator.pass(HOUR);
    expect(operator.status()?.compliance).toMatchObject({ selected: 1, compliant: 0, drifted: 0, unknown: 1 });
    expect(compliantIn(operator)).toEqual(
      expect.objectContaining({
        status: 'Unknown',
        reason: 'Undecided',
        message: '0 of 1 WorkSpaces comply; 1 unknown; a part is unknown, see Ready',
      }),
    );
  });

  test('is known again after a confirmation of the restore that the status shows', async () => {
    const { operator } = await restored();
    await confirm(operator, timeOf(operator));
    expect(restoredIn(operator)).toEqual([]);
    expect(operator.status()?.restoredWorkspaces).toBeUndefined();
    expect(operator.status()?.compliance).toEqual({
      selected: 2,
      compliant: 2,
      drifted: 0,
      inProgress: 0,
      held: 0,
      failed: 0,
    });
    expect(compliantIn(operator)).toMatchObject({ status: 'True', reason: 'Compliant' });
    await operator.pass(2 * HOUR);
    expect(restoredIn(operator)).toEqual([]);
  });

  test('is unknown again after another restore, whatever was confirmed before', async () => {
    const { fleet, operator } = await restored();
    await confirm(operator, timeOf(operator));
    await restore(fleet, operator);
    expect(restoredIn(operator)).toEqual([ws(1)]);
  });

  test.each([
    ['an earlier time', '2020-01-01T00:00:00Z'],
    ['no time', 'yes'],
    ['an empty value', ''],
    ['another WorkSpace', `2999-01-01T00:00:00Z ${ws(2)}`],
  ])('stays unknown after a confirmation with %s', async (_, value) => {
    const { operator } = await restored();
    await confirm(operator, value);
    expect(restoredIn(operator)).toEqual([ws(1)]);
  });

  test('is known again after a confirmation that names it', async () => {
    const { operator } = await restored();
    await confirm(operator, `${timeOf(operator)} ${ws(2)},${ws(1)}`);
    expect(restoredIn(operator)).toEqual([]);
  });

  test('is known again after each of its applications has changed', async () => {
    const { fleet, operator } = await restored();
    fleet.put(association(ws(1), OFFICE, { lastUpdatedTime: operator.clock.now() }));
    await operator.pass(HOUR);
    expect(restoredIn(operator)).toEqual([]);
    expect(compliantIn(operator)).toMatchObject({ status: 'True' });
  });

  test('is known again after a rebuild', async () => {
    const { fleet, operator } = await restored();
    setState(fleet, 'REBUILDING');
    await operator.pass(HOUR);
    expect(restoredIn(operator)).toEqual([]);
  });

  test('is forgotten when it no longer exists', async () => {
    const { fleet, operator } = await restored();
    fleet.removeWorkspace(ws(1));
    await operator.pass(HOUR);
    expect(restoredIn(operator)).toEqual([]);
  });

  test('stays unknown while AWS can’t be read', async () => {
    const { fleet, operator } = await restored();
    fleet.failNext('describeApplications', 'Unavailable');
    await operator.clock.advance(20 * MINUTE);
    await operator.run();
    expect(condition(operator.status() ?? {}, 'Ready')?.status).toBe('False');
    expect(restoredIn(operator)).toEqual([ws(1)]);
    await operator.pass(HOUR);
    expect(restoredIn(operator)).toEqual([ws(1)]);
  });

  test('that drifts counts as drifted, and its drift is removed', async () => {
    const { fleet, operator } = await restored();
    fleet.put(association(ws(1), VISIO));
    await operator.clock.advance(20 * MINUTE);
    await operator.run();
    expect(operator.status()?.compliance).toMatchObject({ drifted: 1, compliant: 1 });
    await operator.pass(2 * HOUR);
    expect(fleet.changes()).toContain(`disassociate ${ws(1)} ${VISIO}`);
  });
});

test('a restore produces one Event', async () => {
  const { fleet, operator } = start();
  await operator.run();
  setState(fleet, 'RESTORING');
  await operator.clock.advance(20 * MINUTE);
  const { events } = await operator.run();
  expect(events).toEqual([
    {
      type: 'Warning',
      reason: 'Restored',
      message: `AWS restored ${ws(1)}, so it doesn't report which applications the WorkSpace has; check it, then run: kubectl wsap confirm -n desktops p`,
    },
  ]);
  await operator.clock.advance(20 * MINUTE);
  expect((await operator.run()).events).toEqual([]);
});

test('a WorkSpace without associations is unknown, because a removed application can be back', async () => {
  const { fleet, operator } = start({}, []);
  await restore(fleet, operator);
  expect(operator.status()?.compliance).toMatchObject({ selected: 2, compliant: 1, drifted: 0, unknown: 1 });
});

test('a restored WorkSpace that the policy does not select affects nothing', async () => {
  const { fleet, operator } = start({ ...SPEC, workspaceSelector: { workspaceIDs: [ws(2)] } });
  await restore(fleet, operator);
  expect(restoredIn(operator)).toEqual([]);
  expect(compliantIn(operator)).toMatchObject({ status: 'True' });
});

test('a restored WorkSpace is remembered while an edit excludes it, and affects nothing', async () => {
  const { fleet, operator } = start();
  await restore(fleet, operator);
  const edited = { ...policy('p', { ...SPEC, workspaceSelector: { workspaceIDs: [ws(2)] } }), generation: 2 };
  operator.policies = [edited];
  const { status } = await operator.run(edited);
  expect(condition(status, 'Compliant')).toMatchObject({ status: 'True' });
  expect(condition(status, 'Ready')?.message).not.toContain('restored');
  operator.policies = [{ ...policy('p', SPEC), generation: 3 }];
  expect(condition((await operator.run()).status, 'Compliant')).toMatchObject({ status: 'Unknown' });
});

test('the status lists at most 250 restored WorkSpaces', async () => {
  const fleet = fakeFleet(300, [], { state: 'RESTORING' });
  const operator = new FakeOperator(fleet, policy('p', SPEC));
  await operator.run();
  expect(operator.status()?.restoredWorkspaces).toHaveLength(250);
});

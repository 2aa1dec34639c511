import { expect, test } from 'vitest';
import { HostileAws } from './aws/hostile/hostileAws.ts';
import { APPLICATIONS, association, policy, VISIO, workspace } from './builders.ts';
import { condition, FakeOperator } from './fakeOperator.ts';
import { FakeFleet } from './fakes/fleet.ts';

/** More than the maximum number of arguments of a function. */
const MANY = 130_000;
const ids = Array.from({ length: MANY }, (_, n) => `ws-${String(n).padStart(9, '0')}`);

test('a listing of 130,000 WorkSpaces is read completely', async () => {
  const aws = new HostileAws({ applications: [] });
  aws.tamper = () => JSON.stringify({ Workspaces: ids.map((WorkspaceId) => ({ WorkspaceId })) });
  await expect(aws.fleet.describeWorkspaces({ all: true })).resolves.toHaveLength(MANY);
});

test('the changes of 130,000 WorkSpaces wait for a maintenance window', async () => {
  const fleet = new FakeFleet({
    applications: [...APPLICATIONS],
    workspaces: ids.map((id) => workspace(id)),
    associations: ids.map((id) => association(id, VISIO)),
  });
  const windows = [{ cron: '0 22 * * *', timeZone: 'UTC', duration: '1h' }];
  const operator = new FakeOperator(fleet, policy('by-night', { rollout: { maintenanceWindows: windows } }));
  const { status } = await operator.run();
  expect(status.compliance).toMatchObject({ selected: MANY, held: MANY });
  expect(condition(status, 'Compliant')?.reason).toBe('OutsideMaintenanceWindow');
});

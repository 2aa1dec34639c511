import { describe, expect, test } from 'vitest';
import { heldReasonsIn } from '../../src/status/compliance.ts';
import type { PolicyStatus } from '../../src/status/resource.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, workspace, ws } from '../builders.ts';
import { condition, FakeOperator } from '../fakeOperator.ts';
import { FakeFleet } from '../fakes/fleet.ts';

type Spec = Parameters<typeof policy>[1];

/** Returns the status after one run over ten WorkSpaces, three of which have Visio. */
async function statusWith(spec: Spec, { others = {}, isFleetSuspended = false } = {}): Promise<PolicyStatus> {
  const fleet = new FakeFleet({
    workspaces: Array.from({ length: 10 }, (_, n) => workspace(ws(n + 1))),
    applications: APPLICATIONS,
    associations: [1, 2, 3].map((n) => association(ws(n), VISIO)),
  });
  const peers = Object.entries<Spec>(others).map(([name, one]) => policy(name, one));
  const operator = new FakeOperator(fleet, policy('p', spec), ...peers);
  operator.limits = { ...operator.limits, suspend: isFleetSuspended };
  const { status } = await operator.run();
  expect(fleet.mutations).toEqual([]);
  return status;
}

const WINDOW = { cron: '0 22 * * *', timeZone: 'UTC', duration: '1h' };
const allowing = { q: { applications: { allowed: [{ id: VISIO }] } } };

describe('every WorkSpace that differs from the policy counts as drifted, and every change of the plan is counted:', () => {
  test.each<[string, Spec, Parameters<typeof statusWith>[1], string]>([
    ['under Audit', { enforcement: 'Audit' }, {}, 'Audit'],
    ['under Approve', { enforcement: 'Approve' }, {}, 'AwaitingApproval'],
    ['of a suspended policy', { suspend: true }, {}, 'Suspended'],
    ['in a suspended fleet', {}, { isFleetSuspended: true }, 'FleetSuspended'],
    ['of a rejected plan', { safeguards: { maxAffectedWorkspaces: 1 } }, {}, 'SafeguardExceeded'],
    ['in a conflict', {}, { others: allowing }, 'Conflict'],
    ['outside the maintenance window', { rollout: { maintenanceWindows: [WINDOW] } }, {}, 'OutsideMaintenanceWindow'],
  ])('%s', async (_, spec, more, reason) => {
    const status = await statusWith(spec, more);
    expect(status.compliance).toEqual({ selected: 10, compliant: 7, drifted: 3, inProgress: 0, held: 3, failed: 0 });
    expect(status.plan).toMatchObject({ disassociate: 3, associate: 0, deploy: 3, held: 3 });
    expect(condition(status, 'Compliant')).toMatchObject({
      status: 'False',
      reason,
      message: `7 of 10 WorkSpaces comply; 3 drifted, 3 held (${reason})`,
    });
  });

  test('with deploy: Manual, no deployment is planned before one is pending', async () => {
    const status = await statusWith({ enforcement: 'Audit', rollout: { deploy: 'Manual' } });
    expect(status.plan).toMatchObject({ disassociate: 3, deploy: 0, held: 3 });
  });

  test('a missing application counts, too', async () => {
    const applications = { required: [{ id: OFFICE }] };
    const status = await statusWith({ enforcement: 'Audit', applications });
    expect(status.compliance).toMatchObject({ compliant: 0, drifted: 10, held: 10 });
    expect(status.plan).toMatchObject({ disassociate: 0, associate: 10, deploy: 10, held: 10 });
  });
});

test('an exception is not a difference', async () => {
  const exceptions = [{ workspaceIDs: [ws(1), ws(2), ws(3)], application: { id: VISIO }, reason: 'audit' }];
  const { compliance, plan } = await statusWith({ exceptions });
  expect(compliance).toEqual({ selected: 10, compliant: 10, drifted: 0, inProgress: 0, held: 0, failed: 0 });
  expect(plan).toMatchObject({ disassociate: 0, associate: 0, deploy: 0, held: 0 });
});

test('a text of a user in Compliant adds no reason', () => {
  expect(heldReasonsIn('7 of 10 WorkSpaces comply; 3 drifted, 3 held (2 SafeguardExceeded, 1 Conflict)')).toEqual([
    'SafeguardExceeded',
    'Conflict',
  ]);
  expect(heldReasonsIn('1 of 2 WorkSpaces complies; 1 drifted, 1 failed, 1 held (Audit)')).toEqual(['Audit']);
  expect(heldReasonsIn('2 of 2 WorkSpaces comply; ws-1: excepted until 9 drifted, 9 held (Conflict)')).toEqual([]);
});

test('Compliant counts the held WorkSpaces of each reason, the most frequent first', async () => {
  const exceptions = {
    q: { workspaceSelector: { workspaceIDs: [ws(3)] }, applications: { allowed: [{ id: VISIO }] } },
  };
  const status = await statusWith({ safeguards: { maxAffectedWorkspaces: 1 } }, { others: exceptions });
  expect(condition(status, 'Compliant')?.message).toBe(
    '7 of 10 WorkSpaces comply; 3 drifted, 3 held (2 SafeguardExceeded, 1 Conflict)',
  );
});

test.each(['Audit', 'Approve'] as const)('%s: the message of the hold appears once, in Ready', async (enforcement) => {
  const status = await statusWith({ enforcement });
  const [first] = status.associations ?? [];
  expect(first).toMatchObject({ action: 'Disassociate', message: expect.stringMatching(/^denied by id/) });
  const message = condition(status, 'Ready')?.message ?? '';
  expect(message).toMatch(
    enforcement === 'Audit'
      ? /^evaluated 10 WorkSpaces; spec\.enforcement is Audit/
      : /; the plan .* requires approval/,
  );
  expect(JSON.stringify(status).split(JSON.stringify(message).slice(20, -1))).toHaveLength(2);
});

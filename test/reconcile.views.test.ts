import { describe, expect, test } from 'vitest';
import { FleetError } from '../src/fleet/errors.ts';
import { noticesOf } from '../src/notifications/notices.ts';
import { textOf } from '../src/notifications/noticeText.ts';
import { approvalPreview } from '../src/status/approvalPreview.ts';
import type { PolicyStatus } from '../src/status/resource.ts';
import { OFFICE, policy, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

const metadata = { namespace: 'desktops', name: 'p', uid: 'uid-of-p', generation: 1 };
const previewOf = (status: PolicyStatus) => approvalPreview({ metadata, status });

describe('the preview of an approval', () => {
  const approve = { enforcement: 'Approve' } as const;

  test('counts the whole plan, of which the status lists a part', async () => {
    const operator = new FakeOperator(fakeFleet(40, visioOnFirst(40)), policy('p', approve));
    const { status } = await operator.run();
    expect(previewOf(status)).toContain('\nPlan: 40 to remove, 0 to install.\n');
    operator.approvedPlan = status.plan?.id;
    await operator.pass(60 * MINUTE);
    expect(operator.fleet.mutations.filter(({ method }) => method.startsWith('disassociate'))).toHaveLength(40);
  });

  test('shows changes that also wait for something else, because the approval covers them', async () => {
    const operator = new FakeOperator(fakeFleet(3, visioOnFirst(3)), policy('p', approve));
    operator.limits = { ...operator.limits, suspend: true };
    const { status } = await operator.run();
    const shown = previewOf(status);
    expect(shown).toContain('\nPlan: 3 to remove, 0 to install.\n');
    expect(shown).toMatch(/^ws-000000001 .* disassociate \(FleetSuspended\)$/m);
    operator.approvedPlan = status.plan?.id;
    await operator.pass(10 * MINUTE);
    expect(operator.fleet.mutations).toEqual([]);
    operator.limits = { ...operator.limits, suspend: false };
    await operator.pass(30 * MINUTE);
    expect(operator.fleet.changedWorkspaces()).toHaveLength(3);
  });

  test('warns about the safeguard, whatever else Ready describes', async () => {
    const spec = { ...approve, safeguards: { maxAffectedWorkspaces: 1 } } as const;
    const operator = new FakeOperator(fakeFleet(3, visioOnFirst(3)), policy('p', spec));
    operator.limits = { ...operator.limits, suspend: true };
    expect(previewOf((await operator.run()).status)).toContain(
      '\nExceeds maxAffectedWorkspaces: the plan removes applications from 3 WorkSpaces, and at most 1 are allowed.\n',
    );
  });

  test('does not take a text of a user for the warning about the safeguard', async () => {
    const operator = new FakeOperator(fakeFleet(3, visioOnFirst(3)), policy('p', approve));
    operator.approvedPlan = 'the plan removes applications from 9 of 9, and 0 are allowed';
    await operator.run();
    const { status } = await operator.run();
    expect(condition(status, 'Ready')?.message).toContain(operator.approvedPlan);
    expect(previewOf(status)).not.toContain('Exceeds');
  });

  test('and a notification show the same plan', async () => {
    const operator = new FakeOperator(fakeFleet(40, visioOnFirst(40)), policy('p', approve));
    const { status } = await operator.run();
    const [notice] = noticesOf({ metadata, spec: approve, status });
    expect(notice && textOf(notice, true)).toMatchObject({
      lines: previewOf(status).trimEnd().split('\n'),
      command: `kubectl wsap approve -n desktops p ${status.plan?.id}`,
    });
  });
});

/** Makes AWS return unusable associations of a WorkSpace. */
function breakAssociations(fleet: FakeFleet, workspaceID: string): void {
  const read = fleet.describeWorkspaceAssociations.bind(fleet);
  fleet.describeWorkspaceAssociations = async (id) => {
    const associations = await read(id);
    if (id === workspaceID) {
      const operation = 'DescribeWorkspaceAssociations';
      throw new FleetError({ kind: 'InvalidResponse', operation, resource: id, reason: 'AWS says nothing' });
    }
    return associations;
  };
}

test('an approval applies to a plan that exceeds the safeguard only because of unread WorkSpaces', async () => {
  const fleet = fakeFleet(2, visioOnFirst(2));
  breakAssociations(fleet, ws(2));
  const operator = new FakeOperator(
    fleet,
    policy('p', {
      // Associations are read by WorkSpace, because that takes fewer calls.
      workspaceSelector: { workspaceIDs: [ws(1), ws(2)] },
      applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' },
      safeguards: { maxAffectedWorkspaces: '50%' },
    }),
  );
  const { status } = await operator.run();
  expect(condition(status, 'Ready')?.message).toContain('perhaps from 1 that could not be read');
  expect(condition(status, 'Ready')?.message).toContain(`wsap.dev/approved-plan=${status.plan?.id}`);
  expect(previewOf(status)).toContain(
    'Exceeds maxAffectedWorkspaces: the plan removes applications from 1 WorkSpace, and perhaps from 1 that could not be read, and at most 1 are allowed.\n',
  );
  operator.approvedPlan = status.plan?.id;
  await operator.pass(30 * MINUTE);
  expect(fleet.changedWorkspaces()).toEqual([ws(1)]);
});

describe('a message', () => {
  test('of Ready shows the command that approves a plan also if the policy stalls', async () => {
    const fleet = fakeFleet(3, visioOnFirst(3));
    const workspaceSelector = { directoryIDs: ['d-9a67b1c4e2', 'd-9a67b1c4e3'] };
    const operator = new FakeOperator(fleet, policy('p', { enforcement: 'Approve', workspaceSelector }));
    const list = fleet.describeWorkspaces.bind(fleet);
    fleet.describeWorkspaces = async (query) => {
      if ('directoryID' in query && query.directoryID === 'd-9a67b1c4e3') {
        throw new FleetError({
          kind: 'InvalidParameterValues',
          operation: 'DescribeWorkspaces',
          reason: 'no such directory',
        });
      }
      return list(query);
    };
    const { status } = await operator.run();
    expect(condition(status, 'Stalled')?.reason).toBe('InvalidParameterValues');
    expect(condition(status, 'Ready')?.message).toContain('no such directory');
    expect(condition(status, 'Ready')?.message).toContain(`wsap.dev/approved-plan=${status.plan?.id}`);
  });

  test('of an Event shows the cause of a hold and its command, however many WorkSpaces wait', async () => {
    const operator = new FakeOperator(fakeFleet(200, visioOnFirst(200)), policy('p', { enforcement: 'Approve' }));
    const { status, events } = await operator.run();
    const event = events.find(({ reason }) => reason === 'AwaitingApproval');
    expect(event?.message).toContain('200 WorkSpaces: ');
    expect(event?.message).toContain(`wsap.dev/approved-plan=${status.plan?.id}`);
    expect(event?.message.length).toBeLessThanOrEqual(1024);
  });
});

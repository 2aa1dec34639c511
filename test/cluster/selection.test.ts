import { describe, expect, test } from 'vitest';
import { ClusterHarness, fleetOf, VISIO } from './clusterHarness.ts';

/** All of these WorkSpaces have Visio. */
const workspaces = [
  { tags: { Department: 'Finance' } },
  { tags: { Department: 'Finance', Keep: 'always' } },
  { tags: { Department: 'Sales' }, lastConnectedAgo: '61d' },
  { lastConnectedAgo: '2d' },
  { tags: { Department: 'Sales' }, lastConnectedAgo: '61d', connection: 'CONNECTED' },
].map((more, n) => ({
  workspaceID: `ws-select00${n + 1}`,
  userName: `user${n + 1}`,
  directoryID: 'd-9a67b1c4e2',
  bundleID: 'wsb-8vbljg4r6',
  applications: [VISIO],
  ...more,
}));

describe('workspace selectors', { concurrent: true }, () => {
  test('a policy selects by tags and excludes by tags', async () => {
    await using harness = await ClusterHarness.start(fleetOf(1, 5, { generate: [], workspaces }));
    const tags = { matchExpressions: [{ key: 'Department', operator: 'In' as const, values: ['Finance'] }] };
    await harness.apply('finance', {
      workspaceSelector: { tags, exclude: { tags: { matchTags: { Keep: 'always' } } } },
    });
    const { status } = await harness.waitForCondition('finance', 'Compliant', 'True', 'Compliant');
    expect(status?.compliance?.selected).toBe(1);
    expect(harness.calls('GetResources').map(({ error }) => error)).toEqual([undefined]);
    expect(harness.changes()).toEqual([`Disassociate ws-select001 ${VISIO}`, 'Deploy ws-select001']);
  });

  test('a policy selects by tags even without permission to list them', async () => {
    await using harness = await ClusterHarness.start(
      fleetOf(1, 5, { generate: [], workspaces, faults: [{ fault: 'AccessDenied', operation: 'GetResources' }] }),
    );
    await harness.apply('kept', {
      workspaceSelector: { tags: { matchTags: { Department: 'Finance', Keep: 'always' } } },
    });
    await harness.waitForCondition('kept', 'Compliant', 'True', 'Compliant');
    expect(harness.changes()).toEqual([`Disassociate ws-select002 ${VISIO}`, 'Deploy ws-select002']);
  });

  test('a policy leaves WorkSpaces unchanged whose user name AWS omits, and names them', async () => {
    const fault = { fault: 'ReplaceMember', operation: 'DescribeWorkspaces', member: 'UserName' } as const;
    await using harness = await ClusterHarness.start(
      fleetOf(1, 5, {
        generate: [],
        workspaces: workspaces.slice(1, 3),
        faults: [{ ...fault, workspaceID: 'ws-select002' }],
      }),
    );
    await harness.apply('no-ceo', { workspaceSelector: { all: true, exclude: { userNames: ['ceo'] } } });
    const { status } = await harness.waitForCondition('no-ceo', 'Compliant', 'Unknown', 'Undecided');
    expect(status?.compliance?.selected).toBe(1);
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
      '1 WorkSpace stays unchanged because AWS reports no user name: ws-select002',
    );
    expect(harness.changes()).toEqual([`Disassociate ws-select003 ${VISIO}`, 'Deploy ws-select003']);
  });

  test('a policy leaves a WorkSpace unchanged that AWS describes with an overlong user name', async () => {
    const faults = [
      {
        fault: 'ReplaceMember',
        operation: 'DescribeWorkspaces',
        workspaceID: 'ws-select002',
        member: 'UserName',
        value: 'x'.repeat(20_000),
      },
    ] as const;
    await using harness = await ClusterHarness.start(
      fleetOf(1, 5, { generate: [], workspaces: workspaces.slice(1, 3), faults: [...faults] }),
    );
    await harness.apply('everyone', { workspaceSelector: { all: true } });
    await harness.waitForCondition('everyone', 'Compliant', 'Unknown', 'Undecided');
    expect(harness.changes()).toEqual([`Disassociate ws-select003 ${VISIO}`, 'Deploy ws-select003']);
  });

  test('a policy selects WorkSpaces that have not been used since a time', async () => {
    await using harness = await ClusterHarness.start(fleetOf(1, 5, { generate: [], workspaces }));
    await harness.apply('unused', { workspaceSelector: { lastConnectedBefore: '60d' } });
    await harness.waitForCondition('unused', 'Compliant', 'True', 'Compliant');
    expect(harness.changes()).toEqual([`Disassociate ws-select003 ${VISIO}`, 'Deploy ws-select003']);
  });
});

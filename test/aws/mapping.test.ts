import { describe, expect, test } from 'vitest';
import { APPLICATION, failureOf, READS, startFleet, WORKSPACE } from './harness.ts';
import { ok } from './server.ts';

describe.each(READS)('a read of %s', (_, list, read) => {
  test.each<[string, unknown]>([
    ['a string for a list', { [list]: 'x' }],
    ['an object for a list', { [list]: { 0: {} } }],
    ['an entry that is null', { [list]: [null] }],
    ['an entry that is a string', { [list]: ['ws-00000001a'] }],
    ['an entry that is a list', { [list]: [[]] }],
    ['an entry without an id', { [list]: [{}] }],
    ['a number for an id', { [list]: [{ WorkspaceId: 5, ApplicationId: 5, AssociatedResourceId: 5 }] }],
    [
      'an id that is none',
      { [list]: [{ WorkspaceId: '../a', ApplicationId: 'a b', AssociatedResourceId: '\u001b[2J' }] },
    ],
  ])('refuses %s', async (__, body) => {
    await using harness = await startFleet([ok(body)]);
    const { details } = await failureOf(read(harness.fleet));
    expect(details.kind).toBe('InvalidResponse');
    expect(details.requestId).toBe('3f0c9e8a-0000-4000-8000-000000000001');
    expect(harness.server.received).toHaveLength(1);
  });

  test('treats a list that AWS omits as empty', async () => {
    await using harness = await startFleet([ok({})]);
    await expect(read(harness.fleet)).resolves.toEqual([]);
  });

  test.each(['', '{}', 'null', '[]', '"text"'])(
    'rejects the body %j, which isn’t from AWS, instead of treating it as empty',
    async (body) => {
      await using harness = await startFleet([{ body, requestId: undefined }]);
      expect((await failureOf(read(harness.fleet))).kind).toBe('InvalidResponse');
    },
  );
});

describe('WorkSpaces', () => {
  test('keep all used members, which can be missing or have unknown values', async () => {
    const full = {
      WorkspaceId: WORKSPACE,
      DirectoryId: 'd-0123456789',
      UserName: 'alice',
      BundleId: 'wsb-00000001a',
      ComputerName: 'WSAMZN-1',
      State: 'HIBERNATED',
      Surprise: true,
    };
    await using harness = await startFleet([
      ok({ Workspaces: [full, { WorkspaceId: 'ws-00000002a', UserName: null }] }),
    ]);
    await expect(harness.fleet.describeWorkspaces({ all: true })).resolves.toEqual([
      {
        workspaceID: WORKSPACE,
        directoryID: 'd-0123456789',
        userName: 'alice',
        bundleID: 'wsb-00000001a',
        state: 'HIBERNATED',
      },
      { workspaceID: 'ws-00000002a' },
    ]);
  });

  test('with an overlong name are rejected instead of shortened', async () => {
    await using harness = await startFleet([
      ok({ Workspaces: [{ WorkspaceId: WORKSPACE, UserName: 'x'.repeat(2_000) }] }),
    ]);
    expect((await failureOf(harness.fleet.describeWorkspaces({ all: true }))).kind).toBe('InvalidResponse');
  });
});

describe('associations', () => {
  const times = { Created: 1_700_000_000.5, LastUpdatedTime: 1_700_000_100 };
  const reason = { ErrorCode: 'DeploymentError.WorkspaceUnreachable', ErrorMessage: 'no \u001b[31manswer' };

  test('of an application have the WorkSpace as the associated resource', async () => {
    const item = { AssociatedResourceId: WORKSPACE, AssociatedResourceType: 'WORKSPACE', State: 'ERROR' };
    await using harness = await startFleet([ok({ Associations: [{ ...item, ...times, StateReason: reason }] })]);
    await expect(harness.fleet.describeApplicationAssociations(APPLICATION)).resolves.toEqual([
      {
        workspaceID: WORKSPACE,
        applicationID: APPLICATION,
        state: 'ERROR',
        stateReason: { errorCode: 'DeploymentError.WorkspaceUnreachable', errorMessage: 'no \uFFFD[31manswer' },
        created: new Date('2023-11-14T22:13:20.500Z'),
        lastUpdatedTime: new Date('2023-11-14T22:15:00Z'),
      },
    ]);
    expect(harness.server.received[0]?.input).toMatchObject({
      ApplicationId: APPLICATION,
      AssociatedResourceTypes: ['WORKSPACE'],
    });
  });

  test('of a WorkSpace have the application as the associated resource', async () => {
    await using harness = await startFleet([ok({ Associations: [{ AssociatedResourceId: APPLICATION }] })]);
    await expect(harness.fleet.describeWorkspaceAssociations(WORKSPACE)).resolves.toEqual([
      { workspaceID: WORKSPACE, applicationID: APPLICATION },
    ]);
  });

  test('with bundles and images are ignored', async () => {
    const types = ['BUNDLE', 'IMAGE', 'WORKSPACE'];
    const items = types.map((type) => ({ AssociatedResourceId: `x-${type}`, AssociatedResourceType: type }));
    await using harness = await startFleet([ok({ Associations: items })]);
    const found = await harness.fleet.describeApplicationAssociations(APPLICATION);
    expect(found.map(({ workspaceID }) => workspaceID)).toEqual(['x-WORKSPACE']);
  });

  test('that are listed as REMOVED give way to their successor', async () => {
    const items = ['COMPLETED', 'REMOVED'].map((State) => ({ AssociatedResourceId: APPLICATION, State }));
    await using harness = await startFleet([ok({ Associations: items })]);
    const found = await harness.fleet.describeWorkspaceAssociations(WORKSPACE);
    expect(found).toMatchObject([{ state: 'COMPLETED' }]);
  });

  test.each<[string, object]>([
    ['of another WorkSpace', { WorkspaceId: 'ws-00000002b' }],
    ['with a number for a state', { State: 5 }],
    ['with a text for a reason', { StateReason: 'x' }],
    ['with a number for an error code', { StateReason: { ErrorCode: 5 } }],
    ['with a text for a time', { Created: 'yesterday' }],
    ['with a time beyond time', { LastUpdatedTime: 1e300 }],
  ])('%s are refused', async (_, members) => {
    await using harness = await startFleet([ok({ Associations: [{ AssociatedResourceId: APPLICATION, ...members }] })]);
    const error = await failureOf(harness.fleet.describeWorkspaceAssociations(WORKSPACE));
    expect(error.kind).toBe('InvalidResponse');
  });

  test('are returned by changes', async () => {
    const association = { AssociatedResourceId: APPLICATION, WorkspaceId: WORKSPACE };
    await using harness = await startFleet(({ operation }) =>
      operation === 'DeployWorkspaceApplications'
        ? ok({ Deployment: { Associations: [{ ...association, State: 'PENDING_UNINSTALL' }] } })
        : ok({ Association: { ...association, State: 'PENDING_UNINSTALL_DEPLOYMENT' } }),
    );
    const { fleet, server } = harness;
    await expect(fleet.disassociateWorkspaceApplication(WORKSPACE, APPLICATION)).resolves.toMatchObject({
      applicationID: APPLICATION,
      state: 'PENDING_UNINSTALL_DEPLOYMENT',
    });
    await expect(fleet.deployWorkspaceApplications(WORKSPACE, { force: true })).resolves.toMatchObject([
      { applicationID: APPLICATION, state: 'PENDING_UNINSTALL' },
    ]);
    expect(server.received.map(({ input }) => input)).toEqual([
      { WorkspaceId: WORKSPACE, ApplicationId: APPLICATION },
      { WorkspaceId: WORKSPACE, Force: true },
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import type { Listed } from '../../src/fleet/ports.ts';
import { APPLICATION, asArray, failureOf, READS, startFleet, WORKSPACE } from './harness.ts';
import { ok } from './server.ts';

const NUMBERS = { WorkspaceId: 5, ApplicationId: 5, AssociatedResourceId: 5 };
const NO_IDS = { WorkspaceId: '../a', ApplicationId: 'a b', AssociatedResourceId: '\u001b[2J' };

describe.each(READS)('a read of %s', (_, list, read) => {
  test.each<[string, unknown]>([
    ['a string for a list', { [list]: 'x' }],
    ['an object for a list', { [list]: { 0: {} } }],
    ['an entry that is null', { [list]: [null] }],
    ['an entry that is a string', { [list]: ['ws-00000001a'] }],
    ['entries without an id', { [list]: [{}, {}] }],
    ['numbers for all ids', { [list]: [NUMBERS, NUMBERS] }],
    ['ids that are none', { [list]: [NO_IDS, NO_IDS] }],
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

describe.each(READS.filter(([what]) => what !== "a WorkSpace's associations"))('a read of %s', (_, list, read) => {
  test.each([
    ['no id', {}, 'an entry has no'],
    ['a number for an id', NUMBERS, "isn't a string"],
    ['an id that is none', NO_IDS, "isn't an ID"],
  ])('describes an entry with %s, and returns the others', async (__, entry, message) => {
    const whole = { WorkspaceId: WORKSPACE, ApplicationId: APPLICATION, AssociatedResourceId: WORKSPACE };
    await using harness = await startFleet([ok({ [list]: [entry, whole] })]);
    const result = (await read(harness.fleet)) as Listed<object>;
    expect(result).toHaveLength(1);
    expect(result.unidentified).toEqual([expect.stringContaining(message)]);
    expect(result.unidentified?.join()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('describes a single entry without an id', async () => {
    await using harness = await startFleet([ok({ [list]: [{}] })]);
    const result = (await read(harness.fleet)) as Listed<object>;
    expect(result).toHaveLength(0);
    expect(result.unidentified).toHaveLength(1);
  });
});

test('the associations of a WorkSpace are unknown if one of them has no usable id', async () => {
  await using harness = await startFleet([
    ok({ Associations: [{ AssociatedResourceId: APPLICATION }, { AssociatedResourceId: '../a' }] }),
  ]);
  const { details } = await failureOf(harness.fleet.describeWorkspaceAssociations(WORKSPACE));
  expect(details).toMatchObject({ kind: 'InvalidResponse', resource: WORKSPACE });
});

describe('bundles and images', () => {
  const BUNDLE = 'wsb-00000001a';

  test.each<[string, object]>([
    ['an application without an id', { BundleId: BUNDLE }],
    ['an application with an id that is none', { BundleId: BUNDLE, AssociatedResourceId: '\u001b[2J' }],
    ['the application of another bundle', { BundleId: 'wsb-00000002a', AssociatedResourceId: APPLICATION }],
    ['a number for a state', { AssociatedResourceId: APPLICATION, State: 5 }],
  ])('are refused with %s', async (_, item) => {
    await using harness = await startFleet([ok({ Associations: [item] })]);
    const reading = harness.fleet.bundlesWith('inventory').describeBundleAssociations(BUNDLE);
    expect((await failureOf(reading)).details).toMatchObject({ kind: 'InvalidResponse', resource: BUNDLE });
  });

  test('ignore resources that are no applications', async () => {
    const items = [
      { AssociatedResourceId: 'x', AssociatedResourceType: 'SURPRISE' },
      { AssociatedResourceId: APPLICATION, AssociatedResourceType: 'APPLICATION', State: 'COMPLETED' },
    ];
    await using harness = await startFleet([ok({ Associations: items })]);
    await expect(harness.fleet.bundlesWith('inventory').describeImageAssociations('wsi-00000001a')).resolves.toEqual([
      { applicationID: APPLICATION, state: 'COMPLETED' },
    ]);
  });

  test('lack a value that can’t be trusted', async () => {
    const item = { BundleId: BUNDLE, Owner: 'AMAZON', ImageId: '../a' };
    await using harness = await startFleet([ok({ Bundles: [item] })]);
    await expect(harness.fleet.bundlesWith('inventory').describeWorkspaceBundles([BUNDLE])).resolves.toEqual([
      { bundleID: BUNDLE, owner: 'AMAZON', untrusted: 'ImageId "../a" isn\'t an ID' },
    ]);
  });
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

  test.each<[string, object, string]>([
    ['an overlong name', { UserName: 'x'.repeat(20_000) }, 'UserName is longer than 1024 characters'],
    ['a number for a bundle', { BundleId: 5 }, "BundleId isn't a string"],
    ['a list for a state', { State: [] }, "State isn't a string"],
  ])('with %s lack this value, and name it', async (_, members, untrusted) => {
    const item = { WorkspaceId: WORKSPACE, DirectoryId: 'd-0123456789', ...members };
    await using harness = await startFleet([ok({ Workspaces: [item, { WorkspaceId: 'ws-00000002a' }] })]);
    await expect(harness.fleet.describeWorkspaces({ all: true })).resolves.toEqual([
      { workspaceID: WORKSPACE, directoryID: 'd-0123456789', untrusted },
      { workspaceID: 'ws-00000002a' },
    ]);
  });

  test('that AWS lists twice are not trusted if one of the entries is not', async () => {
    const item = { WorkspaceId: WORKSPACE, UserName: 'alice' };
    await using harness = await startFleet([ok({ Workspaces: [{ ...item, State: 5 }, item] })]);
    await expect(harness.fleet.describeWorkspaces({ all: true })).resolves.toMatchObject([
      { untrusted: expect.stringContaining('State') },
    ]);
  });
});

describe('associations', () => {
  const times = { Created: 1_700_000_000.5, LastUpdatedTime: 1_700_000_100 };
  const reason = { ErrorCode: 'DeploymentError.WorkspaceUnreachable', ErrorMessage: 'no \u001b[31manswer' };

  test('of an application have the WorkSpace as the associated resource', async () => {
    const item = { AssociatedResourceId: WORKSPACE, AssociatedResourceType: 'WORKSPACE', State: 'ERROR' };
    await using harness = await startFleet([ok({ Associations: [{ ...item, ...times, StateReason: reason }] })]);
    await expect(asArray(harness.fleet.describeApplicationAssociations(APPLICATION))).resolves.toEqual([
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
    ['a number for a state', { State: 5 }],
    ['a text for a reason', { StateReason: 'x' }],
    ['a number for an error code', { StateReason: { ErrorCode: 5 } }],
    ['a time beyond time', { LastUpdatedTime: 1e300 }],
    ['a text for a time', { LastUpdatedTime: 'yesterday' }],
    ['a list for a time', { LastUpdatedTime: [] }],
  ])('with %s have no state', async (_, members) => {
    const item = { AssociatedResourceId: APPLICATION, State: 'COMPLETED', Created: 1_700_000_000, ...members };
    const other = { AssociatedResourceId: 'wsa-00000002a', State: 'COMPLETED' };
    await using harness = await startFleet([ok({ Associations: [item, other] })]);
    const [first, second] = await harness.fleet.describeWorkspaceAssociations(WORKSPACE);
    expect(first).toMatchObject({ applicationID: APPLICATION, state: undefined, untrusted: expect.any(String) });
    expect(first?.created).toEqual(new Date(1_700_000_000_000));
    expect(second).toEqual({ workspaceID: WORKSPACE, applicationID: 'wsa-00000002a', state: 'COMPLETED' });
  });

  test('with an invalid time that is not used are read', async () => {
    const item = { ApplicationId: APPLICATION, Name: 'Visio', Created: 'yesterday' };
    await using harness = await startFleet([ok({ Applications: [item] })]);
    await expect(harness.fleet.describeApplications({})).resolves.toEqual([
      { applicationID: APPLICATION, name: 'Visio' },
    ]);
  });

  test('of another WorkSpace are refused', async () => {
    const item = { AssociatedResourceId: APPLICATION, WorkspaceId: 'ws-00000002b' };
    await using harness = await startFleet([ok({ Associations: [item] })]);
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

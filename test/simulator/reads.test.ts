import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/simulator/validate.ts';
import {
  ALICE,
  BOB,
  DIRECTORY,
  IN_HOUSE,
  OFFICE,
  OFFICE_2019,
  rejectionOf,
  simulate,
  VISIO,
  workspace,
} from './fixtures.ts';

const OTHER_DIRECTORY = 'd-0000000002';
const FLEET = [
  workspace('ws-00000003', { directoryID: OTHER_DIRECTORY, userName: 'carol' }),
  workspace('ws-00000001', { userName: 'alice', computerName: 'DESK-1', workspaceName: 'kiosk' }),
  workspace('ws-00000002', { userName: 'bob', bundleID: 'wsb-00000002' }),
];

const idsIn = (output: JsonObject) =>
  (output.Workspaces as { WorkspaceId: string }[]).map(({ WorkspaceId }) => WorkspaceId);
const applicationsIn = (output: JsonObject) =>
  (output.Applications as { ApplicationId: string }[]).map(({ ApplicationId }) => ApplicationId);

describe('DescribeWorkspaces', () => {
  const filters: [string, JsonObject, string[]][] = [
    ['no filter, sorted by id', {}, ['ws-00000001', 'ws-00000002', 'ws-00000003']],
    ['a directory', { DirectoryId: DIRECTORY }, ['ws-00000001', 'ws-00000002']],
    ['a user of a directory', { DirectoryId: DIRECTORY, UserName: 'bob' }, ['ws-00000002']],
    ['a user of another directory', { DirectoryId: DIRECTORY, UserName: 'carol' }, []],
    ['a bundle', { BundleId: 'wsb-00000002' }, ['ws-00000002']],
    ['the name of a user-decoupled WorkSpace', { WorkspaceName: 'kiosk' }, ['ws-00000001']],
    ['the name of a computer', { WorkspaceName: 'DESK-1' }, []],
    ['IDs without unknown ones', { WorkspaceIds: ['ws-00000003', 'ws-99999999'] }, ['ws-00000003']],
  ];
  test.each(filters)('lists by %s', (_, input, ids) => {
    const { call } = simulate({ workspaces: FLEET });
    expect(idsIn(call('DescribeWorkspaces', input))).toEqual(ids);
  });

  test('omits a terminated WorkSpace', () => {
    const { simulated, call } = simulate();
    simulated.terminateWorkspace(ALICE);
    expect(idsIn(call('DescribeWorkspaces'))).toEqual([BOB]);
  });
});

describe('DescribeWorkspacesConnectionStatus', () => {
  test('shows the last connection of a user, and UNKNOWN for a stopped WorkSpace', () => {
    const { clock, call } = simulate({
      workspaces: [
        workspace('ws-00000001', { connection: 'CONNECTED', lastConnectedAgo: '60d' }),
        workspace('ws-00000002', { lastConnectedAgo: '60d' }),
        workspace('ws-00000003', { state: 'STOPPED', connection: 'DISCONNECTED' }),
      ],
    });
    const now = clock.now().getTime() / 1000;
    const checked = { ConnectionStateCheckTimestamp: now };
    expect(call('DescribeWorkspacesConnectionStatus')).toEqual({
      WorkspacesConnectionStatus: [
        { ...checked, WorkspaceId: 'ws-00000001', ConnectionState: 'CONNECTED', LastKnownUserConnectionTimestamp: now },
        {
          ...checked,
          WorkspaceId: 'ws-00000002',
          ConnectionState: 'DISCONNECTED',
          LastKnownUserConnectionTimestamp: now - 60 * 86_400,
        },
        { ...checked, WorkspaceId: 'ws-00000003', ConnectionState: 'UNKNOWN' },
      ],
    });
  });
});

test('DescribeTags lists the tags of a WorkSpace', () => {
  const { call } = simulate({ workspaces: [workspace(ALICE, { tags: { Department: 'Finance', Empty: '' } })] });
  expect(call('DescribeTags', { ResourceId: ALICE })).toEqual({
    TagList: [
      { Key: 'Department', Value: 'Finance' },
      { Key: 'Empty', Value: '' },
    ],
  });
});

describe('DescribeApplications', () => {
  const filters: [string, JsonObject, string[]][] = [
    ['nothing', {}, [IN_HOUSE, OFFICE_2019, OFFICE, VISIO]],
    ['IDs without unknown ones', { ApplicationIds: [VISIO, 'wsa-nothing1'] }, [VISIO]],
    ['owner', { Owner: '123456789012' }, [IN_HOUSE]],
    ['license', { LicenseType: 'UNLICENSED' }, [IN_HOUSE]],
    ['operating system', { OperatingSystemNames: ['AMAZON_LINUX_2'] }, []],
    ['compute type', { ComputeTypeNames: ['POWER'], Owner: 'AMAZON' }, [OFFICE_2019, OFFICE, VISIO]],
  ];
  test.each(filters)('lists by %s', (_, input, ids) => {
    const { call } = simulate();
    expect(applicationsIn(call('DescribeApplications', input)).sort()).toEqual([...ids].sort());
  });

  test('shows which application can only be uninstalled', () => {
    const { call } = simulate();
    expect(call('DescribeApplications', { ApplicationIds: [OFFICE_2019] })).toMatchObject({
      Applications: [{ Name: 'Microsoft Office 2019', State: 'UNINSTALL_ONLY', Owner: 'AMAZON' }],
    });
  });
});

describe('associations', () => {
  test('are the same when listed by WorkSpace and by application', () => {
    const { call } = simulate();
    const fromWorkspace = call('DescribeWorkspaceAssociations', {
      WorkspaceId: ALICE,
      AssociatedResourceTypes: ['APPLICATION'],
    });
    const fromApplication = call('DescribeApplicationAssociations', {
      ApplicationId: VISIO,
      AssociatedResourceTypes: ['WORKSPACE'],
    });
    expect(fromWorkspace).toMatchObject({
      Associations: [
        { WorkspaceId: ALICE, AssociatedResourceId: OFFICE, AssociatedResourceType: 'APPLICATION', State: 'COMPLETED' },
        { WorkspaceId: ALICE, AssociatedResourceId: VISIO, AssociatedResourceType: 'APPLICATION', State: 'COMPLETED' },
      ],
    });
    expect(fromApplication).toMatchObject({
      Associations: [
        { ApplicationId: VISIO, AssociatedResourceId: ALICE, AssociatedResourceType: 'WORKSPACE', State: 'COMPLETED' },
      ],
    });
  });

  test('don’t exist for bundles and images', () => {
    const { call } = simulate();
    const input = { ApplicationId: VISIO, AssociatedResourceTypes: ['BUNDLE', 'IMAGE'] };
    expect(call('DescribeApplicationAssociations', input)).toEqual({ Associations: [] });
  });
});

describe('a listing', () => {
  const many = { workspaces: [], generate: [{ count: 60, idPrefix: 'desk', applications: [VISIO] }] };

  const listings: [string, JsonObject, string, number][] = [
    ['DescribeWorkspaces', {}, 'Workspaces', 25],
    ['DescribeWorkspaces', { Limit: 7 }, 'Workspaces', 7],
    ['DescribeWorkspacesConnectionStatus', {}, 'WorkspacesConnectionStatus', 25],
    [
      'DescribeApplicationAssociations',
      { ApplicationId: VISIO, AssociatedResourceTypes: ['WORKSPACE'] },
      'Associations',
      25,
    ],
    [
      'DescribeApplicationAssociations',
      { ApplicationId: VISIO, AssociatedResourceTypes: ['WORKSPACE'], MaxResults: 20 },
      'Associations',
      20,
    ],
  ];
  test.each(listings)('with %s %o returns every item once over all pages', (operation, input, member, size) => {
    const { call } = simulate(many);
    const sizes: number[] = [];
    const seen = new Set<string>();
    let token: unknown;
    do {
      const answer = call(operation, token === undefined ? input : { ...input, NextToken: token });
      const page = answer[member] as { WorkspaceId?: string; AssociatedResourceId?: string }[];
      sizes.push(page.length);
      for (const item of page) {
        seen.add(item.AssociatedResourceId ?? item.WorkspaceId ?? '');
      }
      token = answer.NextToken;
    } while (token !== undefined);
    expect(seen.size).toBe(60);
    expect(sizes.slice(0, -1).every((length) => length === size)).toBe(true);
    expect(sizes.reduce((sum, length) => sum + length)).toBe(60);
  });

  test('has no token after a full last page', () => {
    const { call } = simulate({ workspaces: [], generate: [{ count: 25, idPrefix: 'desk' }] });
    expect(call('DescribeWorkspaces')).not.toHaveProperty('NextToken');
  });

  test('rejects a token of another query or operation', () => {
    const { call } = simulate(many);
    const { NextToken } = call('DescribeWorkspaces');
    const refused = /^InvalidParameterValuesException: Invalid NextToken/;
    expect(rejectionOf(() => call('DescribeWorkspaces', { BundleId: 'wsb-00000001', NextToken }))).toMatch(refused);
    expect(rejectionOf(() => call('DescribeWorkspacesConnectionStatus', { NextToken }))).toMatch(refused);
    expect(rejectionOf(() => call('DescribeWorkspaces', { Limit: 3, NextToken }))).toBe('not rejected');
  });

  test('neither repeats nor skips items when an earlier item disappears', () => {
    const { simulated, call } = simulate(many);
    const first = call('DescribeWorkspaces');
    simulated.terminateWorkspace('ws-desk0001');
    const second = call('DescribeWorkspaces', { NextToken: first.NextToken });
    expect(idsIn(second)[0]).toBe('ws-desk0026');
  });
});

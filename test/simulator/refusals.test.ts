import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/simulator/validate.ts';
import { ALICE, BOB, OFFICE_2019, rejectionOf, simulate, VISIO, workspace } from './fixtures.ts';

/** Calls that AWS rejects because of the state: operation, input, exception, and text in its message. */
const REJECTED: [string, string, JsonObject, string, string][] = [
  [
    'two filters',
    'DescribeWorkspaces',
    { WorkspaceIds: [ALICE], DirectoryId: 'd-0000000001' },
    'InvalidParameterValuesException',
    'Only one of',
  ],
  [
    'a user without a directory',
    'DescribeWorkspaces',
    { UserName: 'alice' },
    'InvalidParameterValuesException',
    'DirectoryId',
  ],
  ['an invalid token', 'DescribeWorkspaces', { NextToken: 'x' }, 'InvalidParameterValuesException', 'NextToken'],
  [
    'tags of an unknown resource',
    'DescribeTags',
    { ResourceId: 'ws-nobody001' },
    'ResourceNotFoundException',
    'ws-nobody001',
  ],
  [
    'associations of an unknown WorkSpace',
    'DescribeWorkspaceAssociations',
    { WorkspaceId: 'ws-nobody001', AssociatedResourceTypes: ['APPLICATION'] },
    'ResourceNotFoundException',
    'ws-nobody001',
  ],
  [
    'associations of an unknown application',
    'DescribeApplicationAssociations',
    { ApplicationId: 'wsa-nothing1', AssociatedResourceTypes: ['WORKSPACE'] },
    'ResourceNotFoundException',
    'wsa-nothing1',
  ],
  [
    'associations of no type',
    'DescribeWorkspaceAssociations',
    { WorkspaceId: ALICE, AssociatedResourceTypes: [] },
    'InvalidParameterValuesException',
    'AssociatedResourceTypes',
  ],
  [
    'disassociating what is not associated',
    'DisassociateWorkspaceApplication',
    { WorkspaceId: BOB, ApplicationId: VISIO },
    'ResourceNotFoundException',
    'not associated',
  ],
  [
    'disassociating an unknown application',
    'DisassociateWorkspaceApplication',
    { WorkspaceId: BOB, ApplicationId: 'wsa-nothing1' },
    'ResourceNotFoundException',
    'wsa-nothing1',
  ],
  [
    'associating what is associated',
    'AssociateWorkspaceApplication',
    { WorkspaceId: ALICE, ApplicationId: VISIO },
    'ResourceAlreadyExistsException',
    'already',
  ],
  [
    'associating what can only be uninstalled',
    'AssociateWorkspaceApplication',
    { WorkspaceId: BOB, ApplicationId: OFFICE_2019 },
    'ApplicationNotSupportedException',
    'UNINSTALL_ONLY',
  ],
  [
    'deploying nothing',
    'DeployWorkspaceApplications',
    { WorkspaceId: ALICE },
    'InvalidParameterValuesException',
    'no pending changes',
  ],
  [
    'deploying to an unknown WorkSpace',
    'DeployWorkspaceApplications',
    { WorkspaceId: 'ws-nobody001' },
    'ResourceNotFoundException',
    'ws-nobody001',
  ],
  ['an unsupported operation', 'TerminateWorkspaces', {}, 'UnknownOperationException', 'TerminateWorkspaces'],
];

describe('the service rejects', () => {
  test.each(REJECTED)('%s', (_, operation, input, type, text) => {
    const { call } = simulate();
    const answer = rejectionOf(() => call(operation, input));
    expect(answer).toMatch(new RegExp(`^${type}: `));
    expect(answer).toContain(text);
  });

  const changing = ['PENDING_INSTALL', 'INSTALLING', 'PENDING_UNINSTALL', 'UNINSTALLING'] as const;
  test.each(changing)('associating and disassociating an application that is %s', (state) => {
    const applications = [{ applicationID: VISIO, state }];
    const { associate, disassociate } = simulate({ workspaces: [workspace(ALICE, { applications })] });
    for (const change of [associate, disassociate]) {
      expect(rejectionOf(() => change(ALICE, VISIO))).toMatch(/^ResourceInUseException: /);
    }
  });

  test('a second disassociation', () => {
    const { disassociate } = simulate();
    disassociate(ALICE, VISIO);
    expect(rejectionOf(() => disassociate(ALICE, VISIO))).toMatch(/^ResourceInUseException: /);
  });

  const states = [
    ['UPDATING', 'ResourceInUseException'],
    ['REBOOTING', 'ResourceInUseException'],
    ['PENDING', 'ResourceInUseException'],
    ['TERMINATED', 'OperationNotSupportedException'],
    ['ERROR', 'OperationNotSupportedException'],
    ['SUSPENDED', 'OperationNotSupportedException'],
  ] as const;
  test.each(states)('a deployment to a WorkSpace that is %s with %s', (state, type) => {
    const { simulated, disassociate, deploy } = simulate();
    disassociate(ALICE, VISIO);
    simulated.setWorkspace(ALICE, { state });
    expect(rejectionOf(() => deploy(ALICE))).toMatch(new RegExp(`^${type}: .*${state}`));
  });

  test('a deployment during another one', () => {
    const { disassociate, deploy } = simulate();
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    expect(rejectionOf(() => deploy(ALICE))).toMatch(/^ResourceInUseException: /);
  });

  test('the associations of a WorkSpace that doesn’t run Windows', () => {
    const { call } = simulate({ workspaces: [workspace(ALICE, { operatingSystemName: 'AMAZON_LINUX_2' })] });
    const input = { WorkspaceId: ALICE, AssociatedResourceTypes: ['APPLICATION'] };
    expect(rejectionOf(() => call('DescribeWorkspaceAssociations', input))).toMatch(
      /^OperationNotSupportedException: /,
    );
  });

  const misfits = [
    [{ operatingSystemName: 'AMAZON_LINUX_2' }, 'OperatingSystemNotCompatibleException'],
    [{ computeTypeName: 'VALUE' }, 'ComputeNotCompatibleException'],
  ] as const;
  test.each(misfits)('an application that doesn’t support a WorkSpace with %o', (properties, type) => {
    const applications = [{ applicationID: VISIO, name: 'Visio', supportedComputeTypeNames: ['POWER', 'STANDARD'] }];
    const { associate } = simulate({ applications, workspaces: [workspace(ALICE, properties)] });
    expect(rejectionOf(() => associate(ALICE, VISIO))).toMatch(new RegExp(`^${type}: `));
  });
});

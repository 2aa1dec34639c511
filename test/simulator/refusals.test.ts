import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/simulator/validate.ts';
import { ALICE, BOB, OFFICE_2019, refusal, simulate, VISIO, workspace } from './fixtures.ts';

/** What AWS refuses for the state of things: operation, input, exception, and what its message has to say. */
const REFUSED: [string, string, JsonObject, string, string][] = [
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
  ['a token that is none', 'DescribeWorkspaces', { NextToken: 'x' }, 'InvalidParameterValuesException', 'NextToken'],
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
  ['an operation that is not served', 'TerminateWorkspaces', {}, 'UnknownOperationException', 'TerminateWorkspaces'],
];

describe('the service refuses', () => {
  it.each(REFUSED)('%s', (_, operation, input, type, text) => {
    const { call } = simulate();
    const answer = refusal(() => call(operation, input));
    expect(answer).toMatch(new RegExp(`^${type}: `));
    expect(answer).toContain(text);
  });

  const changing = ['PENDING_INSTALL', 'INSTALLING', 'PENDING_UNINSTALL', 'UNINSTALLING'] as const;
  it.each(changing)('to associate or disassociate what is %s', (state) => {
    const applications = [{ applicationID: VISIO, state }];
    const { associate, disassociate } = simulate({ workspaces: [workspace(ALICE, { applications })] });
    for (const change of [associate, disassociate]) {
      expect(refusal(() => change(ALICE, VISIO))).toMatch(/^ResourceInUseException: /);
    }
  });

  it('to disassociate twice', () => {
    const { disassociate } = simulate();
    disassociate(ALICE, VISIO);
    expect(refusal(() => disassociate(ALICE, VISIO))).toMatch(/^ResourceInUseException: /);
  });

  const states = [
    ['UPDATING', 'ResourceInUseException'],
    ['REBOOTING', 'ResourceInUseException'],
    ['PENDING', 'ResourceInUseException'],
    ['TERMINATED', 'OperationNotSupportedException'],
    ['ERROR', 'OperationNotSupportedException'],
    ['SUSPENDED', 'OperationNotSupportedException'],
  ] as const;
  it.each(states)('to deploy to a WorkSpace that is %s, with %s', (state, type) => {
    const { simulated, disassociate, deploy } = simulate();
    disassociate(ALICE, VISIO);
    simulated.setWorkspace(ALICE, { state });
    expect(refusal(() => deploy(ALICE))).toMatch(new RegExp(`^${type}: .*${state}`));
  });

  it('to deploy while a deployment runs', () => {
    const { disassociate, deploy } = simulate();
    disassociate(ALICE, VISIO);
    deploy(ALICE);
    expect(refusal(() => deploy(ALICE))).toMatch(/^ResourceInUseException: /);
  });

  const misfits = [
    [{ operatingSystemName: 'AMAZON_LINUX_2' }, 'OperatingSystemNotCompatibleException'],
    [{ computeTypeName: 'VALUE' }, 'ComputeNotCompatibleException'],
  ] as const;
  it.each(misfits)('an application that does not fit a WorkSpace with %o', (properties, type) => {
    const applications = [{ applicationID: VISIO, name: 'Visio', supportedComputeTypeNames: ['POWER', 'STANDARD'] }];
    const { associate } = simulate({ applications, workspaces: [workspace(ALICE, properties)] });
    expect(refusal(() => associate(ALICE, VISIO))).toMatch(new RegExp(`^${type}: `));
  });
});

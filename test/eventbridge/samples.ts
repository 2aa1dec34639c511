/** Builders of EventBridge events as AWS sends them, for tests. */

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';

type Json = Readonly<Record<string, unknown>>;

/**
 * Returns an event of a login.
 * Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/cloudwatch-events-workspaces.html, with a WorkSpace ID that has the length
 * of the API reference.
 */
export function accessEvent(detail: Json = {}, envelope: Json = {}): Json {
  return {
    version: '0',
    id: '64ca0eda-9751-dc55-c41a-1bd50b4fc9b7',
    'detail-type': 'WorkSpaces Access',
    source: 'aws.workspaces',
    account: ACCOUNT,
    time: '2023-04-05T16:13:59Z',
    region: REGION,
    resources: [],
    ...envelope,
    detail: {
      clientIpAddress: '192.0.2.3',
      actionType: 'successfulLogin',
      workspacesClientProductName: 'WorkSpacesWebClient',
      loginTime: '2023-04-05T16:13:37.603Z',
      clientPlatform: 'Windows',
      directoryId: 'domain/d-123456789',
      clientVersion: '5.7.0.3472',
      workspaceId: 'ws-xyskdga00',
      ...detail,
    },
  };
}

/**
 * Returns the event of a CloudTrail record.
 * Source of the envelope: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 * Source of the record: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function callEvent(
  eventName: string,
  requestParameters: unknown,
  responseElements: unknown = null,
  record: Json = {},
  envelope: Json = {},
): Json {
  return {
    version: '0',
    id: '36eb8523-97d0-4518-b33d-ee3579ff19f0',
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.workspaces',
    account: ACCOUNT,
    time: '2026-11-24T09:30:12Z',
    region: REGION,
    resources: [],
    ...envelope,
    detail: {
      eventVersion: '1.11',
      userIdentity: {
        type: 'AssumedRole',
        principalId: 'AROAEXAMPLE:alice',
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice`,
        accountId: ACCOUNT,
        accessKeyId: 'ASIAEXAMPLE',
      },
      eventTime: '2026-11-24T09:30:12Z',
      eventSource: 'workspaces.amazonaws.com',
      eventName,
      awsRegion: REGION,
      sourceIPAddress: '192.0.2.1',
      userAgent: 'aws-cli/2.31.0',
      requestParameters,
      responseElements,
      requestID: 'e6a14ab3-a2b8-43c6-b6a7-0123456789ab',
      eventID: '0c0f5d5c-9aa1-4c61-b55a-0123456789ab',
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
      ...record,
    },
  };
}

const A = 'ws-00000001a';
const B = 'ws-00000002b';

/** One event of each name that the operator reads, with the IDs of the affected WorkSpaces. */
export const SAMPLES: readonly (readonly [name: string, event: Json, workspaceIDs: readonly string[]])[] = [
  ['WorkSpaces Access', accessEvent(), ['ws-xyskdga00']],
  [
    'AssociateWorkspaceApplication',
    callEvent(
      'AssociateWorkspaceApplication',
      { workspaceId: A, applicationId: 'wsa-00000001a' },
      { association: { associatedResourceId: 'wsa-00000001a', workspaceId: A, state: 'PENDING_INSTALL_DEPLOYMENT' } },
    ),
    [A],
  ],
  [
    'DisassociateWorkspaceApplication',
    callEvent('DisassociateWorkspaceApplication', { workspaceId: A, applicationId: 'wsa-00000001a' }),
    [A],
  ],
  ['DeployWorkspaceApplications', callEvent('DeployWorkspaceApplications', { workspaceId: A, force: false }), [A]],
  [
    'CreateWorkspaces',
    callEvent(
      'CreateWorkspaces',
      { workspaces: [{ directoryId: 'd-0123456789', userName: 'alice', bundleId: 'wsb-00000001a' }] },
      {
        failedRequests: [{ workspaceRequest: { userName: 'bob' }, errorCode: 'ResourceLimitExceeded' }],
        pendingRequests: [
          { workspaceId: B, directoryId: 'd-0123456789', userName: 'carol', state: 'PENDING' },
          { workspaceId: A, directoryId: 'd-0123456789', userName: 'alice', state: 'PENDING' },
        ],
      },
    ),
    [A, B],
  ],
  [
    'CreateStandbyWorkspaces',
    callEvent(
      'CreateStandbyWorkspaces',
      {
        primaryRegion: 'eu-west-1',
        standbyWorkspaces: [{ primaryWorkspaceId: 'ws-0000000pr', directoryId: 'd-0123456789' }],
      },
      {
        failedStandbyRequests: [],
        pendingStandbyRequests: [{ workspaceId: A, directoryId: 'd-0123456789', userName: 'alice', state: 'PENDING' }],
      },
    ),
    [A],
  ],
  [
    'RebuildWorkspaces',
    callEvent('RebuildWorkspaces', { rebuildWorkspaceRequests: [{ workspaceId: A }] }, { failedRequests: [] }),
    [A],
  ],
  ['RestoreWorkspace', callEvent('RestoreWorkspace', { workspaceId: A }), [A]],
  [
    'MigrateWorkspace',
    callEvent(
      'MigrateWorkspace',
      { sourceWorkspaceId: B, bundleId: 'wsb-00000001a' },
      { sourceWorkspaceId: B, targetWorkspaceId: A },
    ),
    [A, B],
  ],
  [
    'TerminateWorkspaces',
    callEvent(
      'TerminateWorkspaces',
      { terminateWorkspaceRequests: [{ workspaceId: A }, { workspaceId: B }] },
      { failedRequests: [{ workspaceId: B, errorCode: 'ResourceNotFound.Workspace' }] },
    ),
    [A],
  ],
  ['StartWorkspaces', callEvent('StartWorkspaces', { startWorkspaceRequests: [{ workspaceId: A }] }), [A]],
  ['StopWorkspaces', callEvent('StopWorkspaces', { stopWorkspaceRequests: [{ workspaceId: A }] }), [A]],
  [
    'RebootWorkspaces',
    callEvent('RebootWorkspaces', { rebootWorkspaceRequests: [{ workspaceId: B }, { workspaceId: A }] }),
    [A, B],
  ],
  [
    'ModifyWorkspaceProperties',
    callEvent('ModifyWorkspaceProperties', { workspaceId: A, workspaceProperties: { runningMode: 'ALWAYS_ON' } }),
    [A],
  ],
  [
    'ModifyWorkspaceState',
    callEvent('ModifyWorkspaceState', { workspaceId: A, workspaceState: 'ADMIN_MAINTENANCE' }),
    [A],
  ],
  ['CreateTags', callEvent('CreateTags', { resourceId: A, tags: [{ key: 'Department', value: 'Finance' }] }), [A]],
  ['DeleteTags', callEvent('DeleteTags', { resourceId: A, tagKeys: ['Department'] }), [A]],
];

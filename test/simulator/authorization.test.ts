import { describe, expect, test } from 'vitest';
import { type AwsOperation, OPERATIONS } from '../../src/aws/operations.ts';
import { type PolicyDocument, permissionsFor } from '../../src/aws/permissions.ts';
import { parseSeed, SeedError } from '../../src/simulator/seed.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import { DISASSOCIATE, endpoint, stateIn } from './endpointOnVirtualTime.ts';
import { ALICE, BOB, OFFICE, VISIO } from './fixtures.ts';

const SCOPE = { partition: 'aws', account: '123456789012', regions: ['eu-central-1'] };
/** Operations of other services than SQS, which has its own endpoint. */
type ServedOperation = {
  [Name in AwsOperation]: (typeof OPERATIONS)[Name]['service'] extends 'sqs' | 'sts' ? never : Name;
}[AwsOperation];
const INPUTS: Readonly<Record<ServedOperation, JsonObject>> = {
  DescribeWorkspaces: {},
  DescribeWorkspacesConnectionStatus: {},
  DescribeApplications: {},
  DescribeTags: { ResourceId: ALICE },
  GetResources: {},
  DescribeWorkspaceAssociations: { WorkspaceId: ALICE, AssociatedResourceTypes: ['APPLICATION'] },
  DescribeApplicationAssociations: { ApplicationId: VISIO, AssociatedResourceTypes: ['WORKSPACE'] },
  DescribeWorkspaceBundles: { BundleIds: ['wsb-0000000001'] },
  DescribeBundleAssociations: { BundleId: 'wsb-0000000001', AssociatedResourceTypes: ['APPLICATION'] },
  DescribeImageAssociations: { ImageId: 'wsi-0000000001', AssociatedResourceTypes: ['APPLICATION'] },
  DisassociateWorkspaceApplication: DISASSOCIATE,
  AssociateWorkspaceApplication: { WorkspaceId: BOB, ApplicationId: OFFICE },
  DeployWorkspaceApplications: { WorkspaceId: ALICE, Force: false },
};

describe('the published IAM policies', () => {
  /** Returns a fleet with a pending change. */
  const startFleet = (enforcement: 'Audit' | 'Enforce') => {
    const fleet = endpoint([], {
      iamPolicy: permissionsFor(enforcement, SCOPE),
      bundles: [{ bundleID: 'wsb-0000000001', imageID: 'wsi-0000000001' }],
      images: [{ imageID: 'wsi-0000000001' }],
    });
    fleet.simulated.call('DisassociateWorkspaceApplication', { WorkspaceId: ALICE, ApplicationId: OFFICE });
    return fleet;
  };
  test.each(Object.entries(INPUTS))(
    'allow %s with Audit only if it is a read, and with Enforce always',
    async (operation, input) => {
      const { isChange } = OPERATIONS[operation as AwsOperation];
      const auditing = startFleet('Audit');
      const before = structuredClone(auditing.simulated.workspaces);
      expect(await auditing.ask(operation, input)).toBe(isChange ? '400 AccessDeniedException' : '200');
      expect(auditing.simulated.workspaces).toEqual(before);
      expect(await startFleet('Enforce').ask(operation, input)).toBe('200');
    },
  );

  test('deny changes to a protected WorkSpace explicitly', async () => {
    const { simulated, answer } = endpoint([], { iamPolicy: permissionsFor('Enforce', SCOPE) });
    simulated.setWorkspace(ALICE, { tags: { 'wsap.dev/protect': '' } });
    expect((await answer('DisassociateWorkspaceApplication', DISASSOCIATE)).message).toBe(
      'User: arn:aws:sts::123456789012:assumed-role/wsap/simulated is not authorized to perform: ' +
        `workspaces:DisassociateWorkspaceApplication on resource: arn:aws:workspaces:eu-central-1:123456789012:workspace/${ALICE} ` +
        'with an explicit deny in an identity-based policy',
    );
    expect(stateIn(simulated)).toBe('COMPLETED');
  });
});

test('a policy for applications of the account, or with a tag, denies applications of Amazon', async () => {
  const allow = (Resource: string, Condition = {}): PolicyDocument => ({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'workspaces:DisassociateWorkspaceApplication', Resource: '*', Condition },
      { Effect: 'Allow', Action: 'workspaces:DisassociateWorkspaceApplication', Resource },
    ],
  });
  const tagged = { StringEquals: { 'aws:ResourceTag/Department': 'Finance' } };
  const message = async (iamPolicy: PolicyDocument) => {
    const { simulated, answer } = endpoint([], { iamPolicy });
    simulated.setWorkspace(ALICE, { tags: { Department: 'Finance' } });
    return (await answer('DisassociateWorkspaceApplication', DISASSOCIATE)).message;
  };
  expect(await message(allow('arn:aws:workspaces:eu-central-1:123456789012:workspaceapplication/*', tagged))).toContain(
    `on resource: arn:aws:workspaces:eu-central-1:aws:workspaceapplication/${VISIO} because`,
  );
  expect(await message(allow('arn:aws:workspaces:*:*:workspaceapplication/*', tagged))).toBeUndefined();
});

test('a seed with an unsupported IAM condition is rejected with its location', () => {
  const seed = `
applications: []
iamPolicy:
  Version: "2012-10-17"
  Statement:
  - {Effect: Allow, Action: "workspaces:DescribeTags", Resource: "*", Condition: {DateLessThan: {"aws:CurrentTime": "x"}}}
`;
  expect(() => parseSeed(seed, 'seed.yaml')).toThrow(SeedError);
  expect(() => parseSeed(seed, 'seed.yaml')).toThrow(
    /^seed\.yaml:6:\d+: iamPolicy\.Statement\[0\]\.Condition\.DateLessThan: unknown field; the fields are StringEquals/,
  );
});

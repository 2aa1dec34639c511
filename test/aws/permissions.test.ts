import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AwsOperation, iamActionOf, OPERATIONS } from '../../src/aws/operations.ts';
import { type PolicyDocument, permissionsFor } from '../../src/aws/permissions.ts';
import { decideAccess } from '../../src/simulator/iam.ts';
import { IAM_POLICIES } from '../generate/iam.ts';

const root = join(import.meta.dirname, '../..');
const operations = Object.keys(OPERATIONS) as AwsOperation[];
const READS: AwsOperation[] = [
  'DescribeWorkspaces',
  'DescribeWorkspacesConnectionStatus',
  'DescribeApplications',
  'DescribeTags',
  'GetResources',
  'DescribeWorkspaceAssociations',
  'DescribeApplicationAssociations',
  'DescribeWorkspaceBundles',
  'DescribeBundleAssociations',
  'DescribeImageAssociations',
];
const CHANGES: AwsOperation[] = [
  'AssociateWorkspaceApplication',
  'DisassociateWorkspaceApplication',
  'DeployWorkspaceApplications',
];

const EVENTS: AwsOperation[] = [
  'ReceiveMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibilityBatch',
  'GetQueueAttributes',
];

const SCOPE = { partition: 'aws', account: '123456789012', regions: ['eu-central-1'] };
const AUDIT = permissionsFor('Audit', SCOPE);
const ENFORCE = permissionsFor('Enforce', SCOPE);
const FINANCE = permissionsFor('Enforce', { ...SCOPE, workspaceTag: { key: 'Department', value: 'Finance' } });

interface Resource {
  readonly arn: string;
  readonly tags?: Readonly<Record<string, string>>;
}
const workspace = (tags: Record<string, string> = {}, scope = 'eu-central-1:123456789012'): Resource => ({
  arn: `arn:aws:workspaces:${scope}:workspace/ws-00000001a`,
  tags,
});
const AMAZONS: Resource = { arn: 'arn:aws:workspaces:eu-central-1:aws:workspaceapplication/wsa-00000001a' };
const OWN: Resource = { arn: 'arn:aws:workspaces:eu-central-1:123456789012:workspaceapplication/wsa-00000001b' };
const AMAZONS_BUNDLE: Resource = { arn: 'arn:aws:workspaces:eu-central-1:aws:workspacebundle/wsb-00000001a' };
const OWN_BUNDLE: Resource = { arn: 'arn:aws:workspaces:eu-central-1:123456789012:workspacebundle/wsb-00000001b' };
const OWN_IMAGE: Resource = { arn: 'arn:aws:workspaces:eu-central-1:123456789012:workspaceimage/wsi-00000001b' };
const QUEUE: Resource = { arn: 'arn:aws:sqs:eu-central-1:123456789012:wsap-events' };
const ANYTHING: Resource = { arn: '*' };

/** Returns the decision of IAM: every resource of a call must be allowed. */
function isAllowed(
  policy: PolicyDocument,
  operation: AwsOperation,
  resources: readonly Resource[],
  region = 'eu-central-1',
) {
  return resources.every(({ arn, tags = {} }) => {
    const ofResource = Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
    const context = { 'aws:RequestedRegion': region, ...Object.fromEntries(ofResource) };
    return decideAccess(policy, { action: iamActionOf({ operation }), resource: arn, context }) === 'Allow';
  });
}

test('the table of operations lists exactly the commands that the adapter sends', () => {
  const sources = readdirSync(join(root, 'src/aws')).map((file) => readFileSync(join(root, 'src/aws', file), 'utf8'));
  const sent = sources.flatMap((text) => [...text.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name));
  expect(sent.sort()).toEqual([...operations].sort());
  const senders = sources.flatMap((text) => [...text.matchAll(/operation: '(\w+)'/g)].map(([, name]) => name));
  expect(senders.sort()).toEqual([...operations].sort());
  expect([...READS, ...CHANGES, ...EVENTS, 'GetCallerIdentity'].sort()).toEqual([...operations].sort());
});

test('the policies allow exactly the used actions: reads for Audit, and changes for Enforce', () => {
  const allowed = ({ Statement }: PolicyDocument) =>
    [...new Set(Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action))].sort();
  const actionsOf = (those: AwsOperation[]) => those.map((operation) => iamActionOf({ operation })).sort();
  expect(allowed(AUDIT)).toEqual(actionsOf(READS));
  expect(allowed(ENFORCE)).toEqual(actionsOf([...READS, ...CHANGES]));
  expect(allowed(FINANCE)).toEqual(actionsOf([...READS, ...CHANGES]));
});

test.each([...Object.entries(IAM_POLICIES)])(
  '%s: no action with a wildcard, and no change on anything at all',
  (_, policy) => {
    for (const { Action, Resource } of policy.Statement as PolicyDocument['Statement']) {
      for (const action of [Action].flat()) {
        expect(action).toMatch(/^(workspaces|tag|sts|sqs|kms):[A-Za-z]+$/);
        if (!/:(Describe|Get)/.test(action)) {
          expect([Resource].flat()).not.toContain('*');
        }
      }
    }
    // Limit of AWS for a managed policy, not counting whitespace.
    expect(JSON.stringify(policy).length).toBeLessThan(6144);
  },
);

describe('IAM', () => {
  const FINANCES = workspace({ Department: 'Finance' });
  const PROTECTED = workspace({ Department: 'Finance', 'wsap.dev/protect': '' });
  const ON: Readonly<Record<AwsOperation, readonly Resource[]>> = {
    DescribeWorkspaces: [ANYTHING],
    DescribeWorkspacesConnectionStatus: [ANYTHING],
    DescribeApplications: [ANYTHING],
    DescribeTags: [ANYTHING],
    GetResources: [ANYTHING],
    GetCallerIdentity: [],
    DescribeWorkspaceAssociations: [workspace()],
    DescribeApplicationAssociations: [AMAZONS],
    DescribeWorkspaceBundles: [ANYTHING],
    DescribeBundleAssociations: [AMAZONS_BUNDLE],
    DescribeImageAssociations: [OWN_IMAGE],
    AssociateWorkspaceApplication: [workspace(), AMAZONS],
    DisassociateWorkspaceApplication: [workspace(), AMAZONS],
    DeployWorkspaceApplications: [workspace()],
    ReceiveMessage: [QUEUE],
    DeleteMessageBatch: [QUEUE],
    ChangeMessageVisibilityBatch: [QUEUE],
    GetQueueAttributes: [QUEUE],
  };
  test('allows to receive events from the named queue only', () => {
    const policy = permissionsFor('Audit', { ...SCOPE, eventQueues: [QUEUE.arn] });
    const others = [
      'eu-central-1:123456789012:other',
      'eu-west-1:123456789012:wsap-events',
      'eu-central-1:210987654321:wsap-events',
    ];
    for (const operation of EVENTS) {
      expect(isAllowed(policy, operation, [QUEUE])).toBe(true);
      expect(isAllowed(AUDIT, operation, [QUEUE])).toBe(false);
      expect(others.filter((scope) => isAllowed(policy, operation, [{ arn: `arn:aws:sqs:${scope}` }]))).toEqual([]);
    }
    expect(isAllowed(policy, 'DisassociateWorkspaceApplication', [workspace(), AMAZONS])).toBe(false);
  });

  test('allows to decrypt messages of the named queue only', () => {
    const policy = permissionsFor('Audit', { ...SCOPE, eventQueues: [QUEUE.arn] });
    const decision = (context: Record<string, string>, region = 'eu-central-1') =>
      decideAccess(policy, { action: 'kms:Decrypt', resource: `arn:aws:kms:${region}:123456789012:key/1`, context });
    const key = 'kms:EncryptionContext:aws:sqs:arn';
    expect(decision({ [key]: QUEUE.arn })).toBe('Allow');
    expect(decision({ [key]: QUEUE.arn }, 'eu-west-1')).toBe('ImplicitDeny');
    expect(decision({ [key]: `${QUEUE.arn}-other` })).toBe('ImplicitDeny');
    expect(decision({})).toBe('ImplicitDeny');
  });

  test('allows to publish to the named topic, and to use its key, only', () => {
    const topic = 'arn:aws:sns:eu-central-1:123456789012:desktops';
    const policy = permissionsFor('Audit', { ...SCOPE, topics: [topic] });
    const publish = (of: PolicyDocument, resource: string) =>
      decideAccess(of, { action: 'sns:Publish', resource, context: {} });
    expect(publish(policy, topic)).toBe('Allow');
    expect(publish(policy, `${topic}-other`)).toBe('ImplicitDeny');
    expect(publish(AUDIT, topic)).toBe('ImplicitDeny');
    const encrypt = (context: Record<string, string>) =>
      decideAccess(policy, {
        action: 'kms:GenerateDataKey',
        resource: 'arn:aws:kms:eu-central-1:123456789012:key/1',
        context,
      });
    expect(encrypt({ 'kms:EncryptionContext:aws:sns:topicArn': topic })).toBe('Allow');
    expect(encrypt({ 'kms:EncryptionContext:aws:sns:topicArn': `${topic}-other` })).toBe('ImplicitDeny');
    expect(encrypt({})).toBe('ImplicitDeny');
  });

  test.each(operations.filter((operation) => !EVENTS.includes(operation)))(
    'allows reads with the Audit policy, and changes only with the Enforce policy: %s',
    (operation) => {
      const isChange = CHANGES.includes(operation);
      expect(isAllowed(AUDIT, operation, ON[operation])).toBe(!isChange);
      expect(isAllowed(ENFORCE, operation, ON[operation])).toBe(true);
      expect(isAllowed(FINANCE, operation, ON[operation])).toBe(!isChange);
    },
  );

  test.each<[AwsOperation, string, readonly Resource[], readonly PolicyDocument[]]>([
    ['DescribeApplicationAssociations', "an application of the account's own", [OWN], [AUDIT, ENFORCE, FINANCE]],
    ['DescribeWorkspaceAssociations', 'a protected WorkSpace', [PROTECTED], [AUDIT, ENFORCE, FINANCE]],
    ['DescribeBundleAssociations', "a bundle of the account's own", [OWN_BUNDLE], [AUDIT, ENFORCE, FINANCE]],
    ['DisassociateWorkspaceApplication', "the account's own application", [workspace(), OWN], [ENFORCE]],
    ['DisassociateWorkspaceApplication', 'a WorkSpace with the tag', [FINANCES, AMAZONS], [ENFORCE, FINANCE]],
    ['DisassociateWorkspaceApplication', 'another tag', [workspace({ Department: 'Sales' }), AMAZONS], [ENFORCE]],
    ['DisassociateWorkspaceApplication', 'a protected WorkSpace', [PROTECTED, AMAZONS], []],
    ['AssociateWorkspaceApplication', 'a protected WorkSpace', [PROTECTED, AMAZONS], []],
    ['DeployWorkspaceApplications', 'a WorkSpace with the tag', [FINANCES], [ENFORCE, FINANCE]],
    ['DeployWorkspaceApplications', 'a protected WorkSpace', [PROTECTED], []],
    ['DeployWorkspaceApplications', 'another account', [workspace({}, 'eu-central-1:210987654321')], []],
    ['DeployWorkspaceApplications', 'another region', [workspace({}, 'eu-west-1:123456789012')], []],
  ])('allows %s on %s only with the expected policies', (operation, _, resources, policies) => {
    const allowing = [AUDIT, ENFORCE, FINANCE].filter((policy) => isAllowed(policy, operation, resources));
    expect(allowing).toEqual(policies);
  });

  test.each([...READS, ...CHANGES])('denies %s in another region', (operation) => {
    const elsewhere = ON[operation].map(({ arn }) => ({ arn: arn.replace('eu-central-1', 'eu-west-1') }));
    expect(isAllowed(ENFORCE, operation, elsewhere, 'eu-west-1')).toBe(false);
    const both = permissionsFor('Enforce', { ...SCOPE, regions: ['eu-central-1', 'eu-west-1'] });
    expect(isAllowed(both, operation, elsewhere, 'eu-west-1')).toBe(true);
  });
});

test('the trust policies trust the installed service account only', () => {
  const irsa = JSON.stringify(IAM_POLICIES['trust-irsa.json']);
  expect(irsa).toContain('"OIDC-PROVIDER:sub":"system:serviceaccount:wsap-system:wsap"');
  const podIdentity = JSON.stringify(IAM_POLICIES['trust-pod-identity.json']);
  expect(podIdentity).toContain('"aws:RequestTag/kubernetes-namespace":"wsap-system"');
  expect(podIdentity).toContain('"aws:RequestTag/kubernetes-service-account":"wsap"');
  for (const name of ['trust-irsa.json', 'trust-pod-identity.json', 'trust-fleet.json'] as const) {
    expect(JSON.stringify(IAM_POLICIES[name])).not.toMatch(/"\*"|:root"/);
  }
});

test('the documentation contains every IAM policy', () => {
  const page = readFileSync(join(root, 'docs/reference/iam-policies.md'), 'utf8');
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text));
  expect(blocks).toHaveLength(Object.keys(IAM_POLICIES).length);
  for (const policy of Object.values(IAM_POLICIES)) {
    expect(blocks).toContainEqual(policy);
  }
});

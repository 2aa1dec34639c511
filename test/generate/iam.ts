import { eventPermissionsFor, permissionsFor } from '../../src/aws/permissions.ts';

const PLACE = { partition: 'PARTITION', account: 'ACCOUNT', regions: ['REGION'] };
const SERVICE_ACCOUNT = { namespace: 'wsap-system', name: 'wsap' };
const ASSUME = ['sts:AssumeRole', 'sts:TagSession'];

/** Files of `deploy/iam`. Words in capitals are placeholders. */
export const IAM_POLICIES = {
  'audit.json': permissionsFor('Audit', PLACE),
  'enforce.json': permissionsFor('Enforce', PLACE),
  'enforce-tagged.json': permissionsFor('Enforce', {
    ...PLACE,
    workspaceTag: { key: 'TAG-KEY', value: 'TAG-VALUE' },
  }),
  'events.json': eventPermissionsFor(['arn:PARTITION:sqs:REGION:ACCOUNT:QUEUE']),
  'trust-irsa.json': document({
    Sid: 'OperatorInCluster',
    Effect: 'Allow',
    Principal: { Federated: 'arn:PARTITION:iam::ACCOUNT:oidc-provider/OIDC-PROVIDER' },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: {
        'OIDC-PROVIDER:aud': 'sts.amazonaws.com',
        'OIDC-PROVIDER:sub': `system:serviceaccount:${SERVICE_ACCOUNT.namespace}:${SERVICE_ACCOUNT.name}`,
      },
    },
  }),
  'trust-pod-identity.json': document({
    Sid: 'OperatorInCluster',
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ASSUME,
    Condition: {
      StringEquals: {
        'aws:RequestTag/eks-cluster-arn': 'arn:PARTITION:eks:REGION:ACCOUNT:cluster/CLUSTER',
        'aws:RequestTag/kubernetes-namespace': SERVICE_ACCOUNT.namespace,
        'aws:RequestTag/kubernetes-service-account': SERVICE_ACCOUNT.name,
      },
    },
  }),
  // Pod Identity passes its session tags on to the roles that its session assumes, which requires TagSession. Only
  // AssumeRole supports external IDs.
  'trust-fleet.json': document(
    {
      Sid: 'OperatorAssumesFleet',
      Effect: 'Allow',
      Principal: { AWS: 'arn:PARTITION:iam::OPERATORS-ACCOUNT:role/OPERATORS-ROLE' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'EXTERNAL-ID' } },
    },
    {
      Sid: 'OperatorPassesItsTags',
      Effect: 'Allow',
      Principal: { AWS: 'arn:PARTITION:iam::OPERATORS-ACCOUNT:role/OPERATORS-ROLE' },
      Action: 'sts:TagSession',
    },
  ),
  'assume-fleets.json': document({
    Sid: 'AssumeRolesOfFleets',
    Effect: 'Allow',
    Action: ASSUME,
    Resource: ['arn:PARTITION:iam::FLEETS-ACCOUNT:role/FLEETS-ROLE'],
  }),
};

/** Returns a policy as a file. */
export function generateIamPolicy(file: keyof typeof IAM_POLICIES): string {
  return `${JSON.stringify(IAM_POLICIES[file], undefined, 2)}\n`;
}

const EMBEDDED = /(\]\(\.\.\/\.\.\/deploy\/iam\/([\w-]+\.json)\)[^\n]*\n\n```json\n)[^`]*(```)/g;

/** Returns the page with each policy of `deploy/iam` in the JSON block after its link. */
export function embedIamPolicies(page: string): string {
  return page.replace(EMBEDDED, (_, before: string, file: keyof typeof IAM_POLICIES, after: string) => {
    return `${before}${generateIamPolicy(file)}${after}`;
  });
}

function document(...Statement: object[]) {
  return { Version: '2012-10-17', Statement };
}

/** Resource type in IAM: of the WorkSpaces API as it appears in an ARN, or a queue of SQS. */
export type ResourceType = 'workspace' | 'workspaceapplication' | 'workspacebundle' | 'workspaceimage' | 'queue';

interface OperationFacts {
  /** Prefix of the IAM action. */
  readonly service: 'workspaces' | 'tag' | 'sts' | 'sqs';
  /** Rest of the IAM action. Defaults to the name of the operation. */
  readonly action?: string;
  /** Whether the operation changes something. A change is repeated only if AWS rejected it. */
  readonly isChange: boolean;
  /** Resource types that IAM checks, all of which must be allowed. Empty if IAM allows the action only on `*`. */
  readonly resources: readonly ResourceType[];
  /** Whether an IAM policy must allow the operation. */
  readonly needsPermission: boolean;
}

const READ = { isChange: false, needsPermission: true } as const;
/** Repeating an operation on messages is harmless, so none of them counts as a change. */
const MESSAGES = { ...READ, service: 'sqs', resources: ['queue'] } as const;
const CHANGE = { service: 'workspaces', isChange: true, needsPermission: true } as const;

/** AWS operations that wsap uses, with their IAM properties (Service Authorization Reference). */
export const OPERATIONS = {
  DescribeWorkspaces: { ...READ, service: 'workspaces', resources: [] },
  DescribeWorkspacesConnectionStatus: { ...READ, service: 'workspaces', resources: [] },
  DescribeApplications: { ...READ, service: 'workspaces', resources: [] },
  DescribeTags: { ...READ, service: 'workspaces', resources: [] },
  GetResources: { ...READ, service: 'tag', resources: [] },
  GetCallerIdentity: { ...READ, service: 'sts', resources: [], needsPermission: false },
  DescribeWorkspaceAssociations: { ...READ, service: 'workspaces', resources: ['workspace'] },
  DescribeApplicationAssociations: { ...READ, service: 'workspaces', resources: ['workspaceapplication'] },
  DescribeWorkspaceBundles: { ...READ, service: 'workspaces', resources: [] },
  DescribeBundleAssociations: { ...READ, service: 'workspaces', resources: ['workspacebundle'] },
  DescribeImageAssociations: { ...READ, service: 'workspaces', resources: ['workspaceimage'] },
  AssociateWorkspaceApplication: { ...CHANGE, resources: ['workspace', 'workspaceapplication'] },
  DisassociateWorkspaceApplication: { ...CHANGE, resources: ['workspace', 'workspaceapplication'] },
  DeployWorkspaceApplications: { ...CHANGE, resources: ['workspace'] },
  ReceiveMessage: MESSAGES,
  DeleteMessageBatch: { ...MESSAGES, action: 'DeleteMessage' },
  ChangeMessageVisibilityBatch: { ...MESSAGES, action: 'ChangeMessageVisibility' },
  GetQueueAttributes: MESSAGES,
} as const satisfies Record<string, OperationFacts>;

export type AwsOperation = keyof typeof OPERATIONS;

/** Operation and resources of a call, for error messages. */
export interface CallTarget {
  readonly operation: AwsOperation;
  readonly directoryID?: string | undefined;
  readonly bundleID?: string | undefined;
  readonly imageID?: string | undefined;
  readonly workspaceID?: string | undefined;
  readonly applicationID?: string | undefined;
  /** Name of an SQS queue. */
  readonly queueName?: string | undefined;
  /** Page number of a listing, starting at 1. */
  readonly page?: number | undefined;
}

/** Whether the operation changes something. A change is repeated only if AWS rejected it. */
export function isChange({ operation }: Pick<CallTarget, 'operation'>): boolean {
  return OPERATIONS[operation].isChange;
}

/**
 * Returns the IDs in a call, for example, `ws-0123456789/wsa-0123456789`. Returns undefined for a listing of
 * everything.
 */
export function resourceOf({
  directoryID,
  bundleID,
  imageID,
  workspaceID,
  applicationID,
  queueName,
}: CallTarget): string | undefined {
  return (
    [directoryID, bundleID, imageID, workspaceID, applicationID, queueName]
      .filter((id) => id !== undefined)
      .join('/') || undefined
  );
}

/** Returns the IAM action of an operation, for example, `workspaces:DescribeTags`. */
export function iamActionOf({ operation }: Pick<CallTarget, 'operation'>): string {
  const { service, action = operation }: OperationFacts = OPERATIONS[operation];
  return `${service}:${action}`;
}

/**
 * Returns the resources of a call as in the `Resource` element of an IAM policy, without partition, region, and
 * account. Returns `*` for a listing.
 */
export function iamResourceOf({
  operation,
  bundleID,
  imageID,
  workspaceID,
  applicationID,
  queueName = '*',
}: CallTarget): string {
  if (OPERATIONS[operation].service === 'sqs') {
    return queueName;
  }
  const ids: Partial<Record<ResourceType, string | undefined>> = {
    workspace: workspaceID,
    workspaceapplication: applicationID,
    workspacebundle: bundleID,
    workspaceimage: imageID,
  };
  const { resources }: OperationFacts = OPERATIONS[operation];
  return resources.length === 0 ? '*' : resources.map((type) => `${type}/${ids[type] ?? '*'}`).join(' and ');
}

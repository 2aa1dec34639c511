/** Resource type of the WorkSpaces API in IAM, as it appears in an ARN. */
export type ResourceType = 'workspace' | 'workspaceapplication' | 'workspacebundle' | 'workspaceimage';

interface OperationFacts {
  /** Prefix of the IAM action. The rest of the action is the name of the operation. */
  readonly service: 'workspaces' | 'tag' | 'sts';
  /** Whether the operation changes something. A change is repeated only if AWS rejected it. */
  readonly isChange: boolean;
  /** Resource types that IAM checks, all of which must be allowed. Empty if IAM allows the action only on `*`. */
  readonly resources: readonly ResourceType[];
  /** Whether an IAM policy must allow the operation. */
  readonly needsPermission: boolean;
}

const READ = { isChange: false, needsPermission: true } as const;
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
}: CallTarget): string | undefined {
  return (
    [directoryID, bundleID, imageID, workspaceID, applicationID].filter((id) => id !== undefined).join('/') || undefined
  );
}

/** Returns the IAM action of an operation: the prefix of its service and its name. */
export function iamActionOf({ operation }: Pick<CallTarget, 'operation'>): string {
  return `${OPERATIONS[operation].service}:${operation}`;
}

/**
 * Returns the resources of a call as in the `Resource` element of an IAM policy, without partition, region, and
 * account. Returns `*` for a listing.
 */
export function iamResourceOf({ operation, bundleID, imageID, workspaceID, applicationID }: CallTarget): string {
  const ids: Record<ResourceType, string | undefined> = {
    workspace: workspaceID,
    workspaceapplication: applicationID,
    workspacebundle: bundleID,
    workspaceimage: imageID,
  };
  const { resources }: OperationFacts = OPERATIONS[operation];
  return resources.length === 0 ? '*' : resources.map((type) => `${type}/${ids[type] ?? '*'}`).join(' and ');
}

/** What IAM knows as a resource of the WorkSpaces API, by the name that it has in an ARN. */
export type ResourceType = 'workspace' | 'workspaceapplication';

interface OperationFacts {
  /** The prefix of the IAM action, which else has the operation's name. */
  readonly service: 'workspaces' | 'tag' | 'sts';
  /** Whether it changes something, so that it mustn't be repeated unless AWS refused it. */
  readonly isChange: boolean;
  /** What IAM checks the call against, each for itself: all have to be allowed. None: it is allowed on `*` only. */
  readonly resources: readonly ResourceType[];
  /** Whether an IAM policy has to allow it. */
  readonly needsPermission: boolean;
}

const READ = { isChange: false, needsPermission: true } as const;
const CHANGE = { service: 'workspaces', isChange: true, needsPermission: true } as const;

/** The operations of AWS that are used, with what IAM makes of them (Service Authorization Reference). */
export const OPERATIONS = {
  DescribeWorkspaces: { ...READ, service: 'workspaces', resources: [] },
  DescribeWorkspacesConnectionStatus: { ...READ, service: 'workspaces', resources: [] },
  DescribeApplications: { ...READ, service: 'workspaces', resources: [] },
  DescribeTags: { ...READ, service: 'workspaces', resources: [] },
  GetResources: { ...READ, service: 'tag', resources: [] },
  GetCallerIdentity: { ...READ, service: 'sts', resources: [], needsPermission: false },
  DescribeWorkspaceAssociations: { ...READ, service: 'workspaces', resources: ['workspace'] },
  DescribeApplicationAssociations: { ...READ, service: 'workspaces', resources: ['workspaceapplication'] },
  AssociateWorkspaceApplication: { ...CHANGE, resources: ['workspace', 'workspaceapplication'] },
  DisassociateWorkspaceApplication: { ...CHANGE, resources: ['workspace', 'workspaceapplication'] },
  DeployWorkspaceApplications: { ...CHANGE, resources: ['workspace'] },
} as const satisfies Record<string, OperationFacts>;

export type AwsOperation = keyof typeof OPERATIONS;

/** What a call is about, for its errors. */
export interface CallTarget {
  readonly operation: AwsOperation;
  readonly directoryID?: string | undefined;
  readonly bundleID?: string | undefined;
  readonly workspaceID?: string | undefined;
  readonly applicationID?: string | undefined;
  /** Which page of a listing, from 1. */
  readonly page?: number | undefined;
}

/** Whether the operation changes something, so that it mustn't be repeated unless AWS refused it. */
export function isChange({ operation }: Pick<CallTarget, 'operation'>): boolean {
  return OPERATIONS[operation].isChange;
}

/** The ids that a call is about, as `ws-0123456789/wsa-0123456789`; undefined for a listing of everything. */
export function resourceOf({ directoryID, bundleID, workspaceID, applicationID }: CallTarget): string | undefined {
  return [directoryID, bundleID, workspaceID, applicationID].filter((id) => id !== undefined).join('/') || undefined;
}

/** The IAM action that allows an operation: it has the operation's name, and its service's prefix. */
export function iamActionOf({ operation }: Pick<CallTarget, 'operation'>): string {
  return `${OPERATIONS[operation].service}:${operation}`;
}

/** The resources as IAM names them in a policy's `Resource`, without partition, region and account; `*` for a listing. */
export function iamResourceOf({ operation, workspaceID, applicationID }: CallTarget): string {
  const ids: Record<ResourceType, string | undefined> = { workspace: workspaceID, workspaceapplication: applicationID };
  const { resources }: OperationFacts = OPERATIONS[operation];
  return resources.length === 0 ? '*' : resources.map((type) => `${type}/${ids[type] ?? '*'}`).join(' and ');
}

/** The operations of AWS that are used, of the WorkSpaces API but for GetResources and GetCallerIdentity. */
export type Operation =
  | 'DescribeWorkspaces'
  | 'DescribeApplications'
  | 'DescribeApplicationAssociations'
  | 'DescribeWorkspaceAssociations'
  | 'DescribeTags'
  | 'GetResources'
  | 'GetCallerIdentity'
  | 'DescribeWorkspacesConnectionStatus'
  | 'AssociateWorkspaceApplication'
  | 'DisassociateWorkspaceApplication'
  | 'DeployWorkspaceApplications';

/** The prefixes of IAM actions, where it isn't that of the WorkSpaces API. */
const SERVICES: Readonly<Partial<Record<Operation, string>>> = { GetResources: 'tag', GetCallerIdentity: 'sts' };
const CHANGES: ReadonlySet<Operation> = new Set([
  'AssociateWorkspaceApplication',
  'DisassociateWorkspaceApplication',
  'DeployWorkspaceApplications',
]);
/** Those that IAM allows on `*` only. */
const OF_ANYTHING: ReadonlySet<Operation> = new Set([
  'DescribeWorkspaces',
  'DescribeApplications',
  'DescribeTags',
  'GetResources',
  'GetCallerIdentity',
  'DescribeWorkspacesConnectionStatus',
]);

/** What a call is about, for its errors. */
export interface Subject {
  readonly operation: Operation;
  readonly directoryId?: string | undefined;
  readonly bundleId?: string | undefined;
  readonly workspaceId?: string | undefined;
  readonly applicationId?: string | undefined;
  /** Which page of a listing, from 1. */
  readonly page?: number | undefined;
}

/** Whether the operation changes something, so that it mustn't be repeated unless AWS refused it. */
export function isChange({ operation }: Subject): boolean {
  return CHANGES.has(operation);
}

/** The ids that a call is about, as `ws-0123456789/wsa-0123456789`; undefined for a listing of everything. */
export function resourceOf({ directoryId, bundleId, workspaceId, applicationId }: Subject): string | undefined {
  return [directoryId, bundleId, workspaceId, applicationId].filter((id) => id !== undefined).join('/') || undefined;
}

/** The IAM action that allows an operation: it has the operation's name, and its service's prefix. */
export function iamActionOf({ operation }: Subject): string {
  return `${SERVICES[operation] ?? 'workspaces'}:${operation}`;
}

/**
 * The resource as IAM names it in a policy's `Resource`, without partition, region and account (Service Authorization Reference,
 * Amazon WorkSpaces): listings are allowed on `*` only.
 */
export function iamResourceOf({ operation, workspaceId, applicationId }: Subject): string {
  if (OF_ANYTHING.has(operation)) return '*';
  const resources = [
    workspaceId === undefined ? undefined : `workspace/${workspaceId}`,
    applicationId === undefined ? undefined : `workspaceapplication/${applicationId}`,
  ];
  return resources.filter((resource) => resource !== undefined).join(' and ');
}

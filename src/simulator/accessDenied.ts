import { ServiceError } from './errors.ts';
import type { Fault } from './faults.ts';
import type { OperationName } from './model.ts';

export interface Account {
  readonly region: string;
  readonly accountId: string;
}

/**
 * AccessDeniedException in the words of AWS: who, which action, which resource. IAM checks DescribeWorkspaceAssociations and Deploy
 * against the WorkSpace, DescribeApplicationAssociations against the application, Associate and Disassociate against both, and the
 * others against `*`. A fault limited to an application alone denies that one.
 */
export function accessDenied(
  { region, accountId }: Account,
  operation: OperationName,
  input: { readonly WorkspaceId?: unknown; readonly ApplicationId?: unknown },
  fault: Fault,
): ServiceError {
  const arn = (resource: string) => `arn:aws:workspaces:${region}:${accountId}:${resource}`;
  const isApplication = fault.applicationId !== undefined && fault.workspaceId === undefined;
  let resource = '*';
  if (input.ApplicationId !== undefined && (isApplication || input.WorkspaceId === undefined)) {
    resource = arn(`workspaceapplication/${input.ApplicationId}`);
  } else if (input.WorkspaceId !== undefined) {
    resource = arn(`workspace/${input.WorkspaceId}`);
  }
  const user = `arn:aws:sts::${accountId}:assumed-role/wsap/simulated`;
  const action = `${operation === 'GetResources' ? 'tag' : 'workspaces'}:${operation}`;
  return new ServiceError(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );
}

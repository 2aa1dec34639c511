import { ServiceError } from './errors.ts';
import type { AccessDecision } from './iam.ts';
import type { OperationName } from './model.ts';

export interface Account {
  readonly region: string;
  readonly accountID: string;
}

/** Returns an AccessDeniedException in the words of AWS: identity, action, resource, and cause. */
export function accessDenied(
  { accountID }: Account,
  operation: OperationName,
  resource: string,
  decision: Exclude<AccessDecision, 'Allow'>,
): ServiceError {
  const user = `arn:aws:sts::${accountID}:assumed-role/wsap/simulated`;
  const action = actionOf(operation);
  const cause =
    decision === 'ExplicitDeny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  return new ServiceError(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${cause}`,
  );
}

/** Returns the IAM action of an operation. */
export function actionOf(operation: OperationName): string {
  return `${operation === 'GetResources' ? 'tag' : 'workspaces'}:${operation}`;
}

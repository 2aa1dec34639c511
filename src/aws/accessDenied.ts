import { type CallTarget, iamActionOf, iamResourceOf } from './operations.ts';

/**
 * Patterns for `User: arn:… is not authorized to perform: workspaces:X on resource: arn:… because …`. STS omits the
 * colon.
 */
const ACTION = /not authorized to perform:? ([\w-]+:\w+)/i;
const RESOURCE = /\bon resource: (\S+)/i;
const USER = /\bUser: (\S+)/i;

const ADVICE: Readonly<Record<string, string>> = {
  'sts:AssumeRole':
    "allow it in an IAM policy and in the role's trust policy, and check that the external ID is the fleet's externalID",
};

/**
 * Returns the missing IAM action and its resource, with advice. Both come from the message of AWS. If it doesn't
 * contain them, they are derived from the operation: the IAM action of an operation has its name.
 */
export function accessDeniedReason(message: string, target: CallTarget): string {
  const action = ACTION.exec(message)?.[1] ?? iamActionOf(target);
  const resource = RESOURCE.exec(message)?.[1] ?? (action === iamActionOf(target) ? iamResourceOf(target) : undefined);
  const principal = USER.exec(message)?.[1] ?? 'the identity';
  const denied = `${principal} lacks the IAM action ${action}${resource === undefined ? '' : ` on ${resource}`}`;
  const advice = /\bexplicit deny\b/i.test(message)
    ? 'a policy denies it explicitly'
    : (ADVICE[action] ?? 'allow it in an IAM policy');
  return `${denied}; ${advice}${message === '' ? '' : ` (AWS: ${message})`}`;
}

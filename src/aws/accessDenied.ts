import { type CallTarget, iamActionOf, iamResourceOf } from './operations.ts';

/** As in `User: arn:… is not authorized to perform: workspaces:X on resource: arn:… because …`, and STS's form without colons. */
const ACTION = /not authorized to perform:? ([\w-]+:\w+)/i;
const RESOURCE = /\bon resource: (\S+)/i;
const USER = /\bUser: (\S+)/i;

const ADVICE: Readonly<Record<string, string>> = {
  'sts:AssumeRole': "allow it in an IAM policy, and in the role's trust policy, whose external id must be the fleet's",
};

/**
 * Which IAM action is missing, and on which resource: as AWS's message has it, else by the operation, as each operation
 * is allowed by the IAM action of its name.
 */
export function accessDeniedReason(message: string, subject: CallTarget): string {
  const action = ACTION.exec(message)?.[1] ?? iamActionOf(subject);
  const resource =
    RESOURCE.exec(message)?.[1] ?? (action === iamActionOf(subject) ? iamResourceOf(subject) : undefined);
  const who = USER.exec(message)?.[1] ?? 'the identity';
  const denied = `${who} lacks the IAM action ${action}${resource === undefined ? '' : ` on ${resource}`}`;
  const advice = /\bexplicit deny\b/i.test(message)
    ? 'a policy denies it explicitly'
    : (ADVICE[action] ?? 'allow it in an IAM policy');
  return `${denied}; ${advice}${message === '' ? '' : ` (AWS: ${message})`}`;
}

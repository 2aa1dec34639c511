import { type CallTarget, iamActionOf, iamResourceOf } from './operations.ts';

/**
 * Patterns for `User: arn:… is not authorized to perform: workspaces:X on resource: arn:… because …`. STS omits the
 * colon.
 */
const ACTION = /not authorized to perform:? ([\w-]+:\w+)/i;
const RESOURCE = /\bon resource: (\S+)/i;
const USER = /\bUser: (\S+)/i;

const QUEUE_ADVICE =
  'allow it in an IAM policy (wsap iam --event-queue), and, for a queue of another account, also in the policy of the queue';

const ADVICE: Readonly<Record<string, string>> = {
  'sqs:ReceiveMessage': QUEUE_ADVICE,
  'sqs:DeleteMessage': QUEUE_ADVICE,
  'sqs:ChangeMessageVisibility': QUEUE_ADVICE,
  'sqs:GetQueueAttributes': QUEUE_ADVICE,
  'kms:Decrypt': 'allow it in an IAM policy and in the policy of the KMS key',
  'sts:AssumeRole':
    "allow it in an IAM policy and in the role's trust policy, and check that the external ID is the fleet's externalID",
};

/**
 * Returns the missing IAM action and its resource, with advice. Both come from the message of AWS. If it doesn't
 * contain them, they are derived from the operation: the IAM action of an operation has its name.
 */
export function accessDeniedReason(message: string, target: CallTarget): string {
  const ofTarget = iamActionOf(target);
  const named = ACTION.exec(message)?.[1] ?? ofTarget;
  // SQS writes its actions in lowercase letters.
  const action = named.toLowerCase() === ofTarget.toLowerCase() ? ofTarget : named;
  const resource = RESOURCE.exec(message)?.[1] ?? (action === ofTarget ? iamResourceOf(target) : undefined);
  const principal = USER.exec(message)?.[1] ?? 'the identity';
  const denied = `${principal} lacks the IAM action ${action}${resource === undefined ? '' : ` on ${resource}`}`;
  const advice = /\bexplicit deny\b/i.test(message)
    ? 'a policy denies it explicitly'
    : (ADVICE[action] ?? 'allow it in an IAM policy');
  return `${denied}; ${advice}${message === '' ? '' : ` (AWS: ${message})`}`;
}

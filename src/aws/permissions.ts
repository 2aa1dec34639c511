import { PROTECT_TAG } from '../fleet/states.ts';
import { type AwsOperation, iamActionOf, OPERATIONS, type ResourceType } from './operations.ts';

/** IAM policy document, limited to the elements that wsap uses. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  /** Condition values by operator and condition key. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Location of the WorkSpaces that an IAM policy applies to. */
export interface PermissionScope {
  /** AWS partition, for example, `aws` or `aws-us-gov`. */
  readonly partition: string;
  readonly account: string;
  /** Regions, at least one. */
  readonly regions: readonly string[];
  /** ARNs of the SQS queues with the events of the fleets. Defaults to none. */
  readonly eventQueues?: readonly string[] | undefined;
  /** ARNs of the SNS topics of NotificationProviders. Defaults to none. */
  readonly topics?: readonly string[] | undefined;
  /** AWS tag that a WorkSpace must have before it is changed. */
  readonly workspaceTag?: { readonly key: string; readonly value: string } | undefined;
}

/**
 * Returns the minimal permissions of the operator: `Audit` to read, `Enforce` to make changes, too. IAM checks a change
 * of an association against the WorkSpace and the application. Each has its own statement because a condition on tags
 * never holds for Amazon's applications, which have no tags.
 */
export function permissionsFor(enforcement: 'Audit' | 'Enforce', scope: PermissionScope): PolicyDocument {
  const { workspaceTag: tag, eventQueues = [], topics = [] } = scope;
  const inRegions = { StringEquals: { 'aws:RequestedRegion': oneOrList(scope.regions) } };
  const workspaces = arnsOf('workspace', scope);
  const applications = arnsOf('workspaceapplication', scope);
  const reads: Statement[] = [
    allow('ListWorkspacesAndApplications', actionsOn(undefined, false), '*', inRegions),
    allow('ReadAssociationsOfWorkspaces', actionsOn('workspace', false), workspaces),
    allow('ReadAssociationsOfApplications', actionsOn('workspaceapplication', false), applications, inRegions),
    allow('ReadBundles', actionsOn('workspacebundle', false), arnsOf('workspacebundle', scope), inRegions),
    allow('ReadImages', actionsOn('workspaceimage', false), arnsOf('workspaceimage', scope), inRegions),
  ];
  const changes: Statement[] = [
    allow(
      'ChangeWorkspaces',
      actionsOn('workspace', true),
      workspaces,
      tag && { StringEquals: { [`aws:ResourceTag/${tag.key}`]: tag.value } },
    ),
    allow('ChangeByApplications', actionsOn('workspaceapplication', true), applications, inRegions),
    {
      // The operator also checks the tag itself. This statement enforces it in IAM.
      ...allow('NeverChangeProtectedWorkspaces', actionsOn('workspace', true), workspaces, {
        Null: { [`aws:ResourceTag/${PROTECT_TAG}`]: 'false' },
      }),
      Effect: 'Deny',
    },
  ];
  const events = eventQueues.length === 0 ? [] : eventStatements(eventQueues);
  const notifications = topics.length === 0 ? [] : notificationStatements(topics);
  const Statement = [...reads, ...(enforcement === 'Audit' ? [] : changes), ...events, ...notifications];
  return { Version: '2012-10-17', Statement };
}

/** Returns the permissions to receive events from queues, without any other permission of the operator. */
export function eventPermissionsFor(eventQueues: readonly string[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: eventStatements(eventQueues) };
}

/** Encryption context that SQS sends to KMS (SQS Developer Guide, Key management). It binds the permission for a key to the queue. */
const QUEUE_CONTEXT = 'kms:EncryptionContext:aws:sqs:arn';

function eventStatements(queues: readonly string[]): Statement[] {
  return [
    allow('ReceiveEvents', actionsOn('queue', false), oneOrList(queues)),
    allow('DecryptEvents', ['kms:Decrypt'], keysFor(queues), {
      StringEquals: { [QUEUE_CONTEXT]: oneOrList(queues) },
    }),
  ];
}

/** Encryption context that SNS sends to KMS (SNS Developer Guide, Key management). It binds the permission for a key to the topic. */
const TOPIC_CONTEXT = 'kms:EncryptionContext:aws:sns:topicArn';

function notificationStatements(topics: readonly string[]): Statement[] {
  return [
    allow('PublishNotifications', ['sns:Publish'], oneOrList(topics)),
    allow('EncryptNotifications', ['kms:GenerateDataKey', 'kms:Decrypt'], keysFor(topics), {
      StringEquals: { [TOPIC_CONTEXT]: oneOrList(topics) },
    }),
  ];
}

/** Returns the ARN patterns of the KMS keys that can encrypt resources. */
function keysFor(arns: readonly string[]): Statement['Resource'] {
  const keys = arns.map((arn) => {
    const [, partition, , region, account] = arn.split(':');
    return `arn:${partition}:kms:${region}:${account}:key/*`;
  });
  return oneOrList([...new Set(keys)]);
}

function allow(
  Sid: string,
  actions: readonly string[],
  Resource: Statement['Resource'],
  Condition?: Statement['Condition'],
): Statement {
  return { Sid, Effect: 'Allow', Action: oneOrList(actions), Resource, ...(Condition && { Condition }) };
}

/**
 * Returns the actions that IAM checks against a resource type, or, if `type` is undefined, the actions it allows only
 * on `*`.
 */
function actionsOn(type: ResourceType | undefined, isChange: boolean): string[] {
  return (Object.keys(OPERATIONS) as AwsOperation[])
    .filter((operation) => {
      const facts = OPERATIONS[operation];
      const resources: readonly ResourceType[] = facts.resources;
      const isOnType = type === undefined ? resources.length === 0 : resources.includes(type);
      return facts.needsPermission && facts.isChange === isChange && isOnType;
    })
    .map((operation) => iamActionOf({ operation }));
}

/**
 * Returns the ARN patterns of a resource type. The region and account of the applications, bundles, and images of
 * Amazon are undocumented, so their pattern has wildcards. Every change is also checked against the ARN of its
 * WorkSpace, which has both.
 */
function arnsOf(type: ResourceType, { partition, account, regions }: PermissionScope): Statement['Resource'] {
  return type !== 'workspace'
    ? `arn:${partition}:workspaces:*:*:${type}/*`
    : oneOrList(regions.map((region) => `arn:${partition}:workspaces:${region}:${account}:${type}/*`));
}

/** Returns a single value without a list, as IAM allows. */
function oneOrList(values: readonly string[]): string | readonly string[] {
  const [first = '', ...others] = values;
  return others.length === 0 ? first : values;
}

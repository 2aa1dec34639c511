import { PROTECT_TAG } from '../fleet/states.ts';
import { type AwsOperation, iamActionOf, OPERATIONS, type ResourceType } from './operations.ts';

/** An IAM policy, as far as these are written here. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  /** Values by condition key, by operator. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Where the WorkSpaces are that a policy is about. */
export interface PermissionScope {
  /** As `aws`, `aws-us-gov`, `aws-cn`. */
  readonly partition: string;
  readonly account: string;
  /** At least one. */
  readonly regions: readonly string[];
  /** Changes only what has this AWS tag. */
  readonly workspaceTag?: { readonly key: string; readonly value: string } | undefined;
}

/**
 * The least that the operator needs: `Audit` to read, `Enforce` also to change. IAM checks a change of an association against the WorkSpace
 * and against the application, so each has a statement of its own: conditions on tags fail on Amazon's own applications, which have none.
 */
export function permissionsFor(enforcement: 'Audit' | 'Enforce', scope: PermissionScope): PolicyDocument {
  const { workspaceTag: tag } = scope;
  const inRegions = { StringEquals: { 'aws:RequestedRegion': oneOrList(scope.regions) } };
  const workspaces = arnsOf('workspace', scope);
  const applications = arnsOf('workspaceapplication', scope);
  const reads: Statement[] = [
    allow('ListWorkspacesAndApplications', actionsOn(undefined, false), '*', inRegions),
    allow('ReadAssociationsOfWorkspaces', actionsOn('workspace', false), workspaces),
    allow('ReadAssociationsOfApplications', actionsOn('workspaceapplication', false), applications, inRegions),
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
      // The operator looks for the tag before it changes anything; with this it couldn't, either.
      ...allow('NeverChangeProtectedWorkspaces', actionsOn('workspace', true), workspaces, {
        Null: { [`aws:ResourceTag/${PROTECT_TAG}`]: 'false' },
      }),
      Effect: 'Deny',
    },
  ];
  return { Version: '2012-10-17', Statement: enforcement === 'Audit' ? reads : [...reads, ...changes] };
}

/** The partition of a region, of those that have WorkSpaces. */
export function partitionOf(region: string): string {
  if (region.startsWith('us-gov-')) {
    return 'aws-us-gov';
  }
  return region.startsWith('cn-') ? 'aws-cn' : 'aws';
}

function allow(
  Sid: string,
  actions: readonly string[],
  Resource: Statement['Resource'],
  Condition?: Statement['Condition'],
): Statement {
  return { Sid, Effect: 'Allow', Action: oneOrList(actions), Resource, ...(Condition && { Condition }) };
}

/** The actions that IAM checks against resources of a type, or those that it allows on `*` only. */
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

/** Of which region and account Amazon's own applications are isn't documented. A change needs its WorkSpace as well, whose ARN has both. */
function arnsOf(type: ResourceType, { partition, account, regions }: PermissionScope): Statement['Resource'] {
  return type === 'workspaceapplication'
    ? `arn:${partition}:workspaces:*:*:${type}/*`
    : oneOrList(regions.map((region) => `arn:${partition}:workspaces:${region}:${account}:${type}/*`));
}

/** IAM takes one value as it is. */
function oneOrList(values: readonly string[]): string | readonly string[] {
  const [one = '', ...others] = values;
  return others.length === 0 ? one : values;
}

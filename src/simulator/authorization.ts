import type { PolicyDocument } from '../aws/permissions.ts';
import { type Account, accessDenied, actionOf } from './accessDenied.ts';
import type { ServiceError } from './errors.ts';
import type { Fault } from './faults.ts';
import { decideAccess } from './iam.ts';
import type { OperationName } from './model.ts';
import type { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import type { JsonObject } from './validate.ts';

/** Call and the account and region that it is made in. */
export interface AuthorizedCall {
  readonly operation: OperationName;
  readonly input: JsonObject;
  readonly account: Account;
  readonly simulated: Pick<SimulatedWorkSpaces, 'workspaces' | 'applications'>;
}

interface Resource {
  readonly type: 'workspace' | 'workspaceapplication' | 'workspacebundle' | 'workspaceimage' | undefined;
  /** ARN, or `*`. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Input members that IAM checks each operation against (Service Authorization Reference). All other operations are
 * allowed only on `*`.
 */
const CHECKED_MEMBERS: Readonly<
  Partial<Record<OperationName, readonly ('WorkspaceId' | 'ApplicationId' | 'BundleId' | 'ImageId')[]>>
> = {
  DescribeBundleAssociations: ['BundleId'],
  DescribeImageAssociations: ['ImageId'],
  DescribeWorkspaceAssociations: ['WorkspaceId'],
  DescribeApplicationAssociations: ['ApplicationId'],
  AssociateWorkspaceApplication: ['WorkspaceId', 'ApplicationId'],
  DisassociateWorkspaceApplication: ['WorkspaceId', 'ApplicationId'],
  DeployWorkspaceApplications: ['WorkspaceId'],
};

/** Throws AccessDeniedException unless the policy allows the call on all its resources. */
export function authorize(policy: PolicyDocument, call: AuthorizedCall): void {
  const { operation, account } = call;
  for (const { name, tags } of resourcesOf(call)) {
    const tagKeys = Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value] as const);
    const context = { 'aws:RequestedRegion': account.region, ...Object.fromEntries(tagKeys) };
    const decision = decideAccess(policy, { action: actionOf(operation), resource: name, context });
    if (decision !== 'Allow') {
      throw accessDenied(account, operation, name, decision);
    }
  }
}

/**
 * Returns the error of an `AccessDenied` fault. A fault that is limited to an application denies the access to this
 * application.
 */
export function deniedBy(fault: Fault, call: AuthorizedCall): ServiceError {
  const resources = resourcesOf(call);
  const deniedType =
    fault.applicationID !== undefined && fault.workspaceID === undefined ? 'workspaceapplication' : undefined;
  const { name = '*' } = resources.find(({ type }) => type === deniedType) ?? resources[0] ?? {};
  return accessDenied(call.account, call.operation, name, 'ImplicitDeny');
}

function resourcesOf({ operation, input, account, simulated }: AuthorizedCall): readonly Resource[] {
  const { region, accountID } = account;
  const members = CHECKED_MEMBERS[operation];
  if (members === undefined) {
    return [{ type: undefined, name: '*', tags: {} }];
  }
  return members.map((member): Resource => {
    const id = String(input[member]);
    if (member === 'WorkspaceId') {
      const tags = simulated.workspaces.find(({ workspaceID }) => workspaceID === id)?.tags ?? {};
      return { type: 'workspace', name: `arn:aws:workspaces:${region}:${accountID}:workspace/${id}`, tags };
    }
    if (member === 'BundleId' || member === 'ImageId') {
      const type = member === 'BundleId' ? 'workspacebundle' : 'workspaceimage';
      return { type, name: `arn:aws:workspaces:${region}:${accountID}:${type}/${id}`, tags: {} };
    }
    // The account of Amazon's applications is undocumented. It isn't the account of the WorkSpaces, and users can't tag
    // them.
    const isOwnedByAmazon =
      simulated.applications.find(({ applicationID }) => applicationID === id)?.owner === 'AMAZON';
    const name = `arn:aws:workspaces:${region}:${isOwnedByAmazon ? 'aws' : accountID}:workspaceapplication/${id}`;
    return { type: 'workspaceapplication', name, tags: {} };
  });
}

import type { PolicyDocument } from '../aws/permissions.ts';
import { type Account, accessDenied, actionOf } from './accessDenied.ts';
import type { ServiceError } from './errors.ts';
import type { Fault } from './faults.ts';
import { decideAccess } from './iam.ts';
import type { OperationName } from './model.ts';
import type { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import type { JsonObject } from './validate.ts';

/** A call, and where it is made. */
export interface AuthorizedCall {
  readonly operation: OperationName;
  readonly input: JsonObject;
  readonly account: Account;
  readonly simulated: Pick<SimulatedWorkSpaces, 'workspaces' | 'applications'>;
}

interface Resource {
  readonly type: 'workspace' | 'workspaceapplication' | undefined;
  /** The ARN, or `*`. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Which members of its input IAM checks a call against (Service Authorization Reference); every other is allowed on `*` only. */
const CHECKED: Readonly<Partial<Record<OperationName, readonly ('WorkspaceId' | 'ApplicationId')[]>>> = {
  DescribeWorkspaceAssociations: ['WorkspaceId'],
  DescribeApplicationAssociations: ['ApplicationId'],
  AssociateWorkspaceApplication: ['WorkspaceId', 'ApplicationId'],
  DisassociateWorkspaceApplication: ['WorkspaceId', 'ApplicationId'],
  DeployWorkspaceApplications: ['WorkspaceId'],
};

/** Throws AccessDeniedException unless the policy allows the call on everything that it is about. */
export function authorize(policy: PolicyDocument, call: AuthorizedCall): void {
  const { operation, account } = call;
  for (const { name, tags } of resourcesOf(call)) {
    const ofResource = Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value] as const);
    const context = { 'aws:RequestedRegion': account.region, ...Object.fromEntries(ofResource) };
    const decision = decideAccess(policy, { action: actionOf(operation), resource: name, context });
    if (decision !== 'Allow') {
      throw accessDenied(account, operation, name, decision);
    }
  }
}

/** What a fault answers with, whatever the policy: one that is limited to an application alone denies that one. */
export function deniedBy(fault: Fault, call: AuthorizedCall): ServiceError {
  const resources = resourcesOf(call);
  const wanted =
    fault.applicationID !== undefined && fault.workspaceID === undefined ? 'workspaceapplication' : undefined;
  const { name = '*' } = resources.find(({ type }) => type === wanted) ?? resources[0] ?? {};
  return accessDenied(call.account, call.operation, name, 'ImplicitDeny');
}

function resourcesOf({ operation, input, account, simulated }: AuthorizedCall): readonly Resource[] {
  const { region, accountID } = account;
  const members = CHECKED[operation];
  if (members === undefined) {
    return [{ type: undefined, name: '*', tags: {} }];
  }
  return members.map((member): Resource => {
    const id = String(input[member]);
    if (member === 'WorkspaceId') {
      const tags = simulated.workspaces.find(({ workspaceID }) => workspaceID === id)?.tags ?? {};
      return { type: 'workspace', name: `arn:aws:workspaces:${region}:${accountID}:workspace/${id}`, tags };
    }
    // Whose account Amazon's own applications are in isn't documented. It isn't that of the WorkSpaces, and nobody else can tag them.
    const isAmazons = simulated.applications.find(({ applicationID }) => applicationID === id)?.owner === 'AMAZON';
    const name = `arn:aws:workspaces:${region}:${isAmazons ? 'aws' : accountID}:workspaceapplication/${id}`;
    return { type: 'workspaceapplication', name, tags: {} };
  });
}

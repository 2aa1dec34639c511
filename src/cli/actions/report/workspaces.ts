import type { Assessment, Severity } from '../../../status/assessment.ts';
import type { PolicyPreview } from '../plan/offlinePlanner.ts';

/** The result of a policy for an application on a WorkSpace. */
export interface ReportedWorkspace {
  readonly policy: string;
  readonly workspaceID: string;
  readonly userName?: string;
  readonly applicationID?: string;
  readonly applicationName?: string;
  readonly verdict?: string;
  /** State of the association in AWS. Undefined without an association. */
  readonly state?: string;
  readonly status: ReportedStatus;
  readonly action: string;
  readonly message: string;
  readonly holdReason?: string;
  readonly until?: string;
}

const STATUSES = {
  Failed: 'Failed',
  Held: 'Held',
  Drifted: 'Drifted',
  InProgress: 'In progress',
  Unknown: 'Unknown',
  Removed: 'Removed',
  Kept: 'Compliant',
} as const satisfies Record<Severity, string>;
/** Status of an association in a report. */
type ReportedStatus = (typeof STATUSES)[Severity];

/** Returns the entry of an association. */
export function reportedAssociation(
  policy: string,
  { finding, severity, action, message, held }: Assessment,
): ReportedWorkspace {
  const { workspace, application, association, verdict } = finding;
  return {
    policy,
    workspaceID: workspace.workspaceID,
    ...(workspace.userName !== undefined && { userName: workspace.userName }),
    applicationID: application.applicationID,
    ...(application.name !== undefined && { applicationName: application.name }),
    verdict,
    ...(association.state !== undefined && { state: association.state }),
    status: STATUSES[severity],
    action,
    message,
    ...(held !== undefined && { holdReason: held.reason }),
    ...(held?.until !== undefined && { until: held.until.toISOString() }),
  };
}

/** Returns the entries of selected WorkSpaces without an association that the policy evaluates. */
export function withoutAssociations({ policy, result }: PolicyPreview): ReportedWorkspace[] {
  if (!('plan' in result)) {
    return [];
  }
  const restored = new Set(result.restored.map(({ workspaceID }) => workspaceID));
  const withSome = new Set(result.assessments.map(({ finding }) => finding.workspace.workspaceID));
  return result.plan.selected
    .filter(({ workspaceID }) => !withSome.has(workspaceID))
    .map(({ workspaceID, userName }) => ({
      policy: policy.key,
      workspaceID,
      ...(userName !== undefined && { userName }),
      ...(restored.has(workspaceID)
        ? { status: STATUSES.Unknown, message: "AWS restored the WorkSpace, so it doesn't report its applications" }
        : { status: STATUSES.Kept, message: 'no application that the policy applies to' }),
      action: 'None',
    }));
}

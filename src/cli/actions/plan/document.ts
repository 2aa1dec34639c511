import type { Assessment } from '../../../status/assessment.ts';
import { complianceOf } from '../../../status/compliance.ts';
import { type Blocker, noMatchMessage } from '../../../status/conditions.ts';
import { planOf } from '../../../status/status.ts';
import type { PolicyPreview } from './offlinePlanner.ts';

/** What would be done, as data: what `-o json` and `-o yaml` print, and the other formats are made from. */
export interface PlanDocument {
  readonly policies: readonly PlannedPolicy[];
  readonly summary: PlanSummary;
}

export interface PlanSummary {
  readonly disassociate: number;
  readonly associate: number;
  /** WorkSpaces. */
  readonly deploy: number;
  readonly held: number;
  /** Policies that couldn't be planned. */
  readonly failed: number;
}

export interface PlannedPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly enforcement: string;
  /** What stands in the way of the policy as a whole. */
  readonly blocker?: { readonly reason: string; readonly message: string };
  readonly selected?: number;
  readonly compliant?: number;
  /** The id by which a person approves the plan. */
  readonly planId?: string;
  /** What to know of entries of its lists that name no application. */
  readonly unmatched?: string;
  readonly changes: readonly PlannedChange[];
}

/** One application on one WorkSpace that isn't as the policy wants it. */
export interface PlannedChange {
  readonly workspaceID: string;
  readonly userName?: string;
  readonly applicationID: string;
  readonly applicationName?: string;
  readonly desired?: 'Present' | 'Absent';
  readonly state?: string;
  /** None: AWS is at work on it, or a person has to look. */
  readonly action: string;
  /** Why the policy wants it. */
  readonly because: string;
  /** Why it isn't done now. */
  readonly holdReason?: string;
  /** What holds it, or what went wrong, in a sentence. */
  readonly message?: string;
  /** When that ends by itself, in RFC 3339. */
  readonly until?: string;
}

/** What previews come to. */
export function planDocument(previews: readonly PolicyPreview[]): PlanDocument {
  const policies = previews.map(plannedPolicy);
  const counts = previews.flatMap(({ policy, result }) =>
    'plan' in result ? [planOf(result.plan, policy, result.approval)] : [],
  );
  const sum = (key: 'disassociate' | 'associate' | 'deploy' | 'held') =>
    counts.reduce((total, count) => total + count[key], 0);
  const failed = previews.filter(({ result }) => !('plan' in result)).length;
  return {
    policies,
    summary: {
      disassociate: sum('disassociate'),
      associate: sum('associate'),
      deploy: sum('deploy'),
      held: sum('held'),
      failed,
    },
  };
}

/** Whether anything would be done now. */
export function hasChanges({ summary: { disassociate, associate, deploy } }: PlanDocument): boolean {
  return disassociate + associate + deploy > 0;
}

function plannedPolicy({ policy: { namespace, name, enforcement }, result }: PolicyPreview): PlannedPolicy {
  if (!('plan' in result)) {
    return { namespace, name, enforcement, blocker: troubleOf(result), changes: [] };
  }
  const { plan, assessments, approval, blocker } = result;
  const { selected, compliant } = complianceOf(plan.selected, assessments);
  const { unmatched } = plan.resolution;
  return {
    namespace,
    name,
    enforcement,
    ...(blocker !== undefined && { blocker: troubleOf(blocker) }),
    selected,
    compliant,
    ...(approval.proposed !== undefined && { planId: approval.proposed.id }),
    ...(unmatched.length > 0 && { unmatched: noMatchMessage(unmatched) }),
    changes: assessments.filter(({ severity }) => severity !== 'Kept' && severity !== 'Removed').map(plannedChange),
  };
}

function plannedChange({ finding, action, held, message, severity }: Assessment): PlannedChange {
  const { workspace, application, association, desired, because } = finding;
  return JSON.parse(
    JSON.stringify({
      workspaceID: workspace.workspaceID,
      userName: workspace.userName,
      applicationID: application.applicationID,
      applicationName: application.name,
      desired,
      state: association.state,
      action,
      because,
      holdReason:
        held?.reason ?? (severity === 'Failed' ? 'Failed' : finding.verdict === 'Conflict' ? 'Conflict' : undefined),
      message: message === because ? undefined : message,
      until: held?.until,
    } satisfies Record<keyof PlannedChange, unknown>),
  );
}

function troubleOf({ reason, message }: Blocker) {
  return { reason, message };
}

import { associationKey } from '../../../fleet/associationID.ts';
import type { Workspace } from '../../../fleet/model.ts';
import { type Assessment, URGENCIES, type Urgency } from '../../../status/assessment.ts';
import { type Compliance, complianceOf } from '../../../status/compliance.ts';
import type { PolicyStatus } from '../../../status/resource.ts';
import type { PolicyPreview } from '../plan/offlinePlanner.ts';
import type { Prices } from './prices.ts';

/** The state of a fleet under its policies, as data: what `-o json` prints, and the page and the CSV are made from. */
export interface FleetReport {
  /** RFC 3339. */
  readonly generatedAt: string;
  /** Of all WorkSpaces that policies select, each counted once, by the most urgent of its associations. */
  readonly compliance: Compliance;
  readonly policies: readonly ReportedPolicy[];
  readonly applications: readonly ReportedApplication[];
  readonly holds: readonly ReportedHold[];
  /** One for each association that a policy sees, the most urgent first, and one for each WorkSpace that a policy selects and that has none. */
  readonly workspaces: readonly ReportedWorkspace[];
  readonly costs?: ReportedCosts;
}

interface ReportedPolicy {
  /** `namespace/name`. */
  readonly policy: string;
  readonly enforcement: string;
  /** What stands in the way of the policy as a whole. */
  readonly blocker?: { readonly reason: string; readonly message: string };
  readonly compliance?: Compliance;
  /** Latest runs with changes, newest first, from the status of the policy. */
  readonly history: NonNullable<PolicyStatus['history']>;
}

/** An application on all selected WorkSpaces. Each WorkSpace counts once. */
interface ReportedApplication {
  readonly applicationID: string;
  readonly name?: string;
  /** Compliance for this application, over the WorkSpaces of the policies that apply to it. */
  readonly compliance: Compliance;
  /** Number of WorkSpaces with the application. */
  readonly associated: number;
  /** Number of WorkSpaces from which the application is to be removed. */
  readonly toRemove: number;
  /** Number of WorkSpaces on which the application is to be installed. */
  readonly toInstall: number;
  /** Monthly cost on all WorkSpaces with the application. */
  readonly monthlyCost?: number;
}

/** What waits for the same thing. */
export interface ReportedHold {
  readonly reason: string;
  readonly associations: number;
  /** When the first of them ends by itself, in RFC 3339; undefined: nobody can tell, or a person has to act. */
  readonly until?: string;
  /** One of their messages. */
  readonly message: string;
}

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

/** Monthly costs, in the currency of the prices. */
export interface ReportedCosts {
  readonly currency: string;
  readonly associated: number;
  /** Cost of the associations to remove. */
  readonly toRemove: number;
  /** Names of associated applications without a price. */
  readonly withoutPrice: readonly string[];
}

const STATUSES = {
  Failed: 'Failed',
  Held: 'Held',
  Drifted: 'Drifted',
  InProgress: 'In progress',
  Removed: 'Removed',
  Kept: 'Compliant',
} as const satisfies Record<Urgency, string>;
/** Status of an association in a report. */
export type ReportedStatus = (typeof STATUSES)[Urgency];

/** What previews come to, at a moment. */
export function fleetReport(previews: readonly PolicyPreview[], prices: Prices | undefined, now: Date): FleetReport {
  const evaluated = previews.flatMap(({ policy, result }) =>
    'plan' in result ? result.assessments.map((row) => ({ policy: policy.key, row })) : [],
  );
  const byUrgency = URGENCIES.flatMap((severity) => evaluated.filter(({ row }) => row.severity === severity));
  const pairs = mostUrgentOfEach(byUrgency.map(({ row }) => row));
  const selected = previews.flatMap(({ result }) => ('plan' in result ? result.plan.selected : []));
  const workspaces = distinct(selected);
  const applications = applicationsIn(pairs, previews, prices);
  return {
    generatedAt: now.toISOString(),
    compliance: complianceOf(workspaces, pairs),
    policies: previews.map(reportedPolicy),
    applications,
    holds: holdsIn(byUrgency.map(({ row }) => row)),
    workspaces: [
      ...byUrgency.map(({ policy, row }) => reportedAssociation(policy, row)),
      ...previews.flatMap(withoutAssociations),
    ],
    ...(prices !== undefined && { costs: costsOf(applications, prices) }),
  };
}

/** Several policies may see the same association; the rows come the most urgent first. */
function mostUrgentOfEach(assessments: readonly Assessment[]): Assessment[] {
  const first = new Map<string, Assessment>();
  for (const row of assessments) {
    const key = associationKey(row.finding.association);
    first.set(key, first.get(key) ?? row);
  }
  return [...first.values()];
}

function reportedPolicy({ policy, status, result }: PolicyPreview): ReportedPolicy {
  const blocker = 'plan' in result ? result.blocker : result;
  return {
    policy: policy.key,
    enforcement: policy.enforcement,
    ...(blocker !== undefined && { blocker: { reason: blocker.reason, message: blocker.message } }),
    ...('plan' in result && { compliance: complianceOf(result.plan.selected, result.assessments) }),
    history: status?.history ?? [],
  };
}

function applicationsIn(
  pairs: readonly Assessment[],
  previews: readonly PolicyPreview[],
  prices: Prices | undefined,
): ReportedApplication[] {
  const assess = Map.groupBy(pairs, ({ finding }) => finding.application.applicationID);
  return [...assess]
    .map(([applicationID, assessments]) => {
      const name = assessments[0]?.finding.application.name;
      const associated = assessments.filter(isAssociated);
      const isOpen = ({ severity }: Assessment) => severity !== 'Kept' && severity !== 'Removed';
      const price = prices?.priceOf(applicationID, name);
      return {
        applicationID,
        ...(name !== undefined && { name }),
        compliance: complianceOf(selectedFor(applicationID, previews), assessments),
        associated: associated.length,
        toRemove: associated.filter((row) => row.finding.goal === 'Remove' && isOpen(row)).length,
        toInstall: assessments.filter((row) => row.finding.goal === 'Install' && isOpen(row)).length,
        ...(price !== undefined && { monthlyCost: price * associated.length }),
      };
    })
    .sort(
      (a, b) => b.toRemove - a.toRemove || b.associated - a.associated || (a.applicationID < b.applicationID ? -1 : 1),
    );
}

/** Returns the WorkSpaces of the policies that apply to the application. */
function selectedFor(applicationID: string, previews: readonly PolicyPreview[]): Workspace[] {
  const selected = previews.flatMap(({ result }) =>
    'plan' in result && result.assessments.some(({ finding }) => finding.application.applicationID === applicationID)
      ? result.plan.selected
      : [],
  );
  return distinct(selected);
}

function distinct(workspaces: readonly Workspace[]): Workspace[] {
  return [...new Map(workspaces.map((workspace) => [workspace.workspaceID, workspace])).values()];
}

function isAssociated({ finding }: Assessment): boolean {
  const { state } = finding.association;
  return state !== undefined && state !== 'REMOVED';
}

function costsOf(applications: readonly ReportedApplication[], { currency }: Prices): ReportedCosts {
  const inUse = applications.filter(({ associated }) => associated > 0);
  const sum = (share: (application: ReportedApplication) => number) =>
    inUse.reduce((total, application) => total + (application.monthlyCost ?? 0) * share(application), 0);
  return {
    currency,
    associated: sum(() => 1),
    toRemove: sum(({ toRemove, associated }) => toRemove / associated),
    withoutPrice: inUse
      .filter(({ monthlyCost }) => monthlyCost === undefined)
      .map(({ name, applicationID }) => name ?? applicationID),
  };
}

function holdsIn(assessments: readonly Assessment[]): ReportedHold[] {
  const held = assessments.flatMap(({ held: one }) => (one === undefined ? [] : [one]));
  return [...Map.groupBy(held, ({ reason }) => reason)]
    .map(([reason, same]) => {
      const [until] = same.flatMap((one) => one.until?.toISOString() ?? []).sort();
      return {
        reason,
        associations: same.length,
        ...(until !== undefined && { until }),
        message: same[0]?.message ?? '',
      };
    })
    .sort((a, b) => b.associations - a.associations || (a.reason < b.reason ? -1 : 1));
}

function reportedAssociation(
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

function withoutAssociations({ policy, result }: PolicyPreview): ReportedWorkspace[] {
  if (!('plan' in result)) {
    return [];
  }
  const withSome = new Set(result.assessments.map(({ finding }) => finding.workspace.workspaceID));
  return result.plan.selected
    .filter(({ workspaceID }) => !withSome.has(workspaceID))
    .map(({ workspaceID, userName }) => ({
      policy: policy.key,
      workspaceID,
      ...(userName !== undefined && { userName }),
      status: STATUSES.Kept,
      action: 'None',
      message: 'no application that the policy applies to',
    }));
}

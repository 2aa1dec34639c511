import { compareStrings } from '../../../compare.ts';
import { associationKey } from '../../../fleet/associationID.ts';
import type { Workspace } from '../../../fleet/model.ts';
import { finalDays } from '../../../plan/finalDays.ts';
import type { HeldChange } from '../../../plan/plan.ts';
import { complete } from '../../../slices.ts';
import { type Assessment, SEVERITIES, type Severity } from '../../../status/assessment.ts';
import { type Compliance, complianceOf } from '../../../status/compliance.ts';
import { isPlanWide } from '../../../status/holdScopes.ts';
import type { PolicyStatus } from '../../../status/resource.ts';
import { type PlannedSource, plannedSource } from '../plan/document.ts';
import type { PolicyPreview } from '../plan/offlinePlanner.ts';
import { monthAfter } from './billing.ts';
import type { Prices } from './prices.ts';

/** State of a fleet under its policies, as data, which `-o json` prints. */
export interface FleetReport {
  /** RFC 3339. */
  readonly generatedAt: string;
  /** Compliance of all selected WorkSpaces, each counted once, by its most severe association. */
  readonly compliance: Compliance;
  readonly policies: readonly ReportedPolicy[];
  readonly applications: readonly ReportedApplication[];
  readonly holds: readonly ReportedHold[];
  /** Applications in bundles that bring drift back, each once, those with the most WorkSpaces first. */
  readonly sources: readonly PlannedSource[];
  /** Message about sources of drift that are unknown. Absent if they are known. */
  readonly unknownSources?: string;
  /** Associations that a policy evaluates, the most severe first, and selected WorkSpaces without any. */
  readonly workspaces: readonly ReportedWorkspace[];
  readonly costs?: ReportedCosts;
}

interface ReportedPolicy {
  /** `namespace/name`. */
  readonly policy: string;
  readonly enforcement: string;
  /** Problem that stops the policy as a whole. The message is absent if `holds` contains it. */
  readonly blocker?: { readonly reason: string; readonly message?: string };
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

/** Associations on hold for the same reason. */
interface ReportedHold {
  readonly reason: string;
  readonly associations: number;
  /** Time at which the first of the holds ends automatically, in RFC 3339; undefined if unknown. */
  readonly until?: string;
  /** Message of a hold of the whole plan, or an example of the messages of its associations. */
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
  /** First month in which all of these removals save costs, in the form 2026-12. Absent if nothing is to be removed. */
  readonly savesFrom?: string;
  /** Explanation of when a removal saves costs. */
  readonly note: string;
  /** Names of associated applications without a price. */
  readonly withoutPrice: readonly string[];
}

/** Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html, see docs/reference/aws-behavior.md. */
const BILLING_NOTE = 'AWS bills an application for the full month, so a removal saves from the next month.';

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

/** Returns the report on previews at a time. */
export function fleetReport(previews: readonly PolicyPreview[], prices: Prices | undefined, now: Date): FleetReport {
  const evaluated = previews.flatMap(({ policy, result }) =>
    'plan' in result ? result.assessments.map((assessment) => ({ policy: policy.key, assessment })) : [],
  );
  const bySeverity = SEVERITIES.flatMap((severity) =>
    evaluated.filter(({ assessment }) => assessment.severity === severity),
  );
  const assessments = bySeverity.map(({ assessment }) => assessment);
  const pairs = mostSevereOfEach(assessments);
  const selected = previews.flatMap(({ result }) => ('plan' in result ? result.plan.selected : []));
  const workspaces = distinct(selected);
  const applications = applicationsIn(pairs, previews, prices);
  const holds = holdsIn(assessments);
  const unknownSources = previews.flatMap(({ result }) => ('plan' in result ? (result.unknownSources ?? []) : []))[0];
  return {
    generatedAt: now.toISOString(),
    compliance: complete(complianceOf(workspaces, pairs, workspaces.length, restoredIn(previews))),
    policies: previews.map((preview) => reportedPolicy(preview, holds)),
    applications,
    holds,
    sources: sourcesIn(previews),
    ...(unknownSources !== undefined && { unknownSources }),
    workspaces: [
      ...bySeverity.map(({ policy, assessment }) => reportedAssociation(policy, assessment)),
      ...previews.flatMap(withoutAssociations),
    ],
    ...(prices !== undefined && { costs: costsOf(applications, prices, savesFrom(previews, now)) }),
  };
}

/** Returns each source once: several policies can have the same, with different numbers of WorkSpaces. */
function sourcesIn(previews: readonly PolicyPreview[]): PlannedSource[] {
  const all = previews
    .flatMap(({ result }) => ('plan' in result ? result.sources : []))
    .sort((a, b) => b.workspaces - a.workspaces);
  const byKey = Map.groupBy(all, ({ bundleID, application }) => `${bundleID} ${application.applicationID}`);
  return [...byKey.values()].flatMap(([largest]) => (largest === undefined ? [] : [plannedSource(largest)]));
}

/** Returns one assessment for each association, because several policies can evaluate it. Expects the most severe first. */
function mostSevereOfEach(assessments: readonly Assessment[]): Assessment[] {
  const first = new Map<string, Assessment>();
  for (const assessment of assessments) {
    const key = associationKey(assessment.finding.association);
    first.set(key, first.get(key) ?? assessment);
  }
  return [...first.values()];
}

function reportedPolicy({ policy, status, result }: PolicyPreview, holds: readonly ReportedHold[]): ReportedPolicy {
  const blocker = 'plan' in result ? result.blocker : result;
  const isReported = holds.some(({ reason, message }) => reason === blocker?.reason && message === blocker.message);
  return {
    policy: policy.key,
    enforcement: policy.enforcement,
    ...(blocker !== undefined && {
      blocker: { reason: blocker.reason, ...(!isReported && { message: blocker.message }) },
    }),
    ...('plan' in result && {
      compliance: complete(
        complianceOf(result.plan.selected, result.assessments, result.plan.selectedCount, result.restored),
      ),
    }),
    history: status?.history ?? [],
  };
}

function applicationsIn(
  pairs: readonly Assessment[],
  previews: readonly PolicyPreview[],
  prices: Prices | undefined,
): ReportedApplication[] {
  const byApplication = Map.groupBy(pairs, ({ finding }) => finding.application.applicationID);
  return [...byApplication]
    .map(([applicationID, assessments]) => {
      const name = assessments[0]?.finding.application.name;
      const associated = assessments.filter(isAssociated);
      const isOpen = ({ severity, finding }: Assessment) =>
        severity !== 'Kept' && severity !== 'Removed' && finding.unrequested === undefined;
      const price = prices?.priceOf(applicationID, name);
      return {
        applicationID,
        ...(name !== undefined && { name }),
        compliance: complete(
          complianceOf(
            selectedFor(applicationID, previews),
            assessments,
            undefined,
            assessments.flatMap(({ severity, finding }) => (severity === 'Unknown' ? [finding.workspace] : [])),
          ),
        ),
        associated: associated.length,
        toRemove: associated.filter((one) => one.finding.desired === 'Absent' && isOpen(one)).length,
        toInstall: assessments.filter((one) => one.finding.desired === 'Present' && isOpen(one)).length,
        ...(price !== undefined && { monthlyCost: price * associated.length }),
      };
    })
    .sort(
      (a, b) =>
        b.toRemove - a.toRemove || b.associated - a.associated || compareStrings(a.applicationID, b.applicationID),
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

/** Returns the month after the last removal that the previews contain, as far as `removeBefore` decides on it. Undefined without removals. */
function savesFrom(previews: readonly PolicyPreview[], now: Date): string | undefined {
  const times = previews.flatMap(({ policy, result }) => {
    const removes =
      'plan' in result &&
      result.assessments.some(
        ({ finding, severity }) => finding.desired === 'Absent' && severity !== 'Removed' && severity !== 'Unknown',
      );
    if (!removes) {
      return [];
    }
    const days = policy.removeBefore === undefined ? undefined : finalDays(policy.maintenanceWindows, now);
    return [Math.max(now.getTime(), days?.from.getTime() ?? 0)];
  });
  if (times.length === 0) {
    return undefined;
  }
  return monthAfter(new Date(Math.max(...times)));
}

function costsOf(
  applications: readonly ReportedApplication[],
  { currency }: Prices,
  month: string | undefined,
): ReportedCosts {
  const inUse = applications.filter(({ associated }) => associated > 0);
  const sum = (share: (application: ReportedApplication) => number) =>
    inUse.reduce((total, application) => total + (application.monthlyCost ?? 0) * share(application), 0);
  return {
    currency,
    note: BILLING_NOTE,
    associated: sum(() => 1),
    toRemove: sum(({ toRemove, associated }) => toRemove / associated),
    ...(month !== undefined && { savesFrom: month }),
    withoutPrice: inUse
      .filter(({ monthlyCost }) => monthlyCost === undefined)
      .map(({ name, applicationID }) => name ?? applicationID),
  };
}

/** Returns one entry for each reason, and for a hold of the whole plan one for each message, which can differ between policies. */
function holdsIn(assessments: readonly Assessment[]): ReportedHold[] {
  const held = assessments.flatMap(({ held: one }) => one ?? []);
  const keyOf = ({ reason, message }: HeldChange) => (isPlanWide(reason) ? `${reason} ${message}` : reason);
  return [...Map.groupBy(held, keyOf).values()]
    .flatMap((same) => {
      const [first] = same;
      const [until] = same.flatMap((one) => one.until?.toISOString() ?? []).sort();
      return first === undefined
        ? []
        : [
            {
              reason: first.reason,
              associations: same.length,
              ...(until !== undefined && { until }),
              message: first.message,
            },
          ];
    })
    .sort((a, b) => b.associations - a.associations || compareStrings(a.reason, b.reason));
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

/** Returns the restored WorkSpaces of all policies, each once. */
function restoredIn(previews: readonly PolicyPreview[]): Pick<Workspace, 'workspaceID'>[] {
  const all = previews.flatMap(({ result }) => ('plan' in result ? result.restored : []));
  return [...new Map(all.map((one) => [one.workspaceID, one])).values()];
}

function withoutAssociations({ policy, result }: PolicyPreview): ReportedWorkspace[] {
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

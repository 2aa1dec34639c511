import { compareStrings } from '../../../compare.ts';
import { associationKey } from '../../../fleet/associationID.ts';
import type { Workspace } from '../../../fleet/model.ts';
import type { HeldChange } from '../../../plan/plan.ts';
import { complete } from '../../../slices.ts';
import { type Assessment, SEVERITIES } from '../../../status/assessment.ts';
import { type Compliance, complianceOf } from '../../../status/compliance.ts';
import { isPlanWide } from '../../../status/holdScopes.ts';
import type { PolicyStatus } from '../../../status/resource.ts';
import { type PlannedSource, plannedSource } from '../plan/document.ts';
import type { PolicyPreview } from '../plan/offlinePlanner.ts';
import { distinct, type ReportedApplication, reportedApplications } from './applications.ts';
import { costsOf, type ReportedCosts, savesFrom } from './costs.ts';
import type { Prices } from './prices.ts';
import { type ReportedWorkspace, reportedAssociation, withoutAssociations } from './workspaces.ts';

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

/** Associations on hold for the same reason. */
interface ReportedHold {
  readonly reason: string;
  readonly associations: number;
  /** Time at which the first of the holds ends automatically, in RFC 3339; undefined if unknown. */
  readonly until?: string;
  /** Message of a hold of the whole plan, or an example of the messages of its associations. */
  readonly message: string;
}

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
  const applications = reportedApplications(pairs, previews, prices);
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

/** Returns the restored WorkSpaces of all policies, each once. */
function restoredIn(previews: readonly PolicyPreview[]): Pick<Workspace, 'workspaceID'>[] {
  return distinct(previews.flatMap(({ result }) => ('plan' in result ? result.restored : [])));
}

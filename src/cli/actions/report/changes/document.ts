import type { FieldManager } from '../../../../audit/record.ts';
import { type AuditedChange, type AuditedResult, auditedResult } from '../../../../audit/verify.ts';
import { compareBy } from '../../../../compare.ts';
import type { Prices } from '../prices.ts';

/** Changes of a period according to an audit log, as data, which `-o json` prints. */
export interface ChangeReport {
  /** RFC 3339. */
  readonly generatedAt: string;
  /** Start of the period, in RFC 3339. */
  readonly since: string;
  readonly total: ChangeCounts;
  readonly policies: readonly PolicyChanges[];
  /** Applications that deployments removed or installed, by ID. */
  readonly applications: readonly ApplicationChanges[];
  /** Calls to AWS, the newest first. A deployment has one entry per application. */
  readonly changes: readonly ReportedChange[];
  readonly savings?: ReportedSavings;
}

/** Numbers of different associations. A repeated deployment counts once. */
interface ChangeCounts {
  /** Number of removals that were deployed. */
  readonly removed: number;
  /** Number of installations that were deployed. */
  readonly installed: number;
  /** Number of calls that AWS rejected. */
  readonly rejected: number;
  /** Number of calls whose result is unknown. */
  readonly unknown: number;
  /** Monthly price of the removed applications, minus the one of the installed applications. Absent without prices. */
  readonly monthlySavings?: number;
}

interface PolicyChanges extends ChangeCounts {
  /** `namespace/name`. */
  readonly policy: string;
}

interface ApplicationChanges {
  readonly applicationID: string;
  readonly name?: string;
  readonly removed: number;
  readonly installed: number;
  readonly monthlySavings?: number;
}

export interface ReportedChange {
  /** RFC 3339. */
  readonly time: string;
  readonly policy: string;
  readonly workspaceID: string;
  readonly userName?: string;
  readonly applicationID: string;
  readonly applicationName?: string;
  readonly action: 'Associate' | 'Disassociate' | 'Deploy';
  readonly verdict: string;
  readonly reason: string;
  readonly result: AuditedResult;
  readonly error?: string;
  readonly before?: string;
  readonly plan?: string;
  /** Manager that edited the policy last. */
  readonly editedBy?: string;
  /** Manager that approved the plan. */
  readonly approvedBy?: string;
  readonly requestID?: string;
}

interface ReportedSavings {
  readonly currency: string;
  readonly monthly: number;
  /** Names of applications without a price. */
  readonly withoutPrice: readonly string[];
}

const ACTIONS = {
  AssociateWorkspaceApplication: 'Associate',
  DisassociateWorkspaceApplication: 'Disassociate',
  DeployWorkspaceApplications: 'Deploy',
} as const;

/** Returns the changes since a time. Savings require prices. */
export function changeReport(
  audited: readonly AuditedChange[],
  since: Date,
  prices: Prices | undefined,
  now: Date,
): ChangeReport {
  const changes = audited.filter(({ time }) => time >= since).flatMap(reportedChanges);
  const deployed = latestDeployments(audited.filter(({ time }) => time >= since));
  const priceOf = ({ applicationID, applicationName }: Deployed) => prices?.priceOf(applicationID, applicationName);
  const savingsOf = (some: readonly Deployed[]) =>
    prices === undefined
      ? {}
      : { monthlySavings: some.reduce((sum, one) => sum + (one.isRemoval ? 1 : -1) * (priceOf(one) ?? 0), 0) };
  const countsOf = (isMeant: (policy: string) => boolean): ChangeCounts => {
    const own = deployed.filter(({ policy }) => isMeant(policy));
    const calls = audited.filter(({ time, intent }) => time >= since && isMeant(policyOf(intent)));
    return {
      removed: own.filter(({ isRemoval }) => isRemoval).length,
      installed: own.filter(({ isRemoval }) => !isRemoval).length,
      rejected: calls.filter((change) => auditedResult(change) === 'Rejected').length,
      unknown: calls.filter((change) => auditedResult(change) === 'Unknown').length,
      ...savingsOf(own),
    };
  };
  const policies = [...new Set(changes.map(({ policy }) => policy))].sort();
  const byApplication = Map.groupBy(deployed, ({ applicationID }) => applicationID);
  const unpriced = deployed.filter((one) => priceOf(one) === undefined);
  const withoutPrice = [...new Set(unpriced.map((one) => one.applicationName ?? one.applicationID))].sort();
  return {
    generatedAt: now.toISOString(),
    since: since.toISOString(),
    total: countsOf(() => true),
    policies: policies.map((policy) => ({ policy, ...countsOf((one) => one === policy) })),
    applications: [...byApplication].sort(compareBy(([id]) => id)).map(([applicationID, own]) => ({
      applicationID,
      ...(own[0]?.applicationName !== undefined && { name: own[0].applicationName }),
      removed: own.filter(({ isRemoval }) => isRemoval).length,
      installed: own.filter(({ isRemoval }) => !isRemoval).length,
      ...savingsOf(own),
    })),
    changes: changes.toReversed(),
    ...(prices !== undefined && {
      savings: { currency: prices.currency, monthly: savingsOf(deployed).monthlySavings ?? 0, withoutPrice },
    }),
  };
}

function reportedChanges(change: AuditedChange): ReportedChange[] {
  const { intent, outcome, time } = change;
  const { userName, plan, editedBy, approvedBy } = intent;
  const result = auditedResult(change);
  const requestID = outcome?.requestIDs.at(-1);
  return intent.changes.map(({ applicationID, applicationName, before, verdict, reason }) => ({
    time: time.toISOString(),
    policy: policyOf(intent),
    workspaceID: intent.workspaceID,
    ...(userName !== null && { userName }),
    applicationID,
    ...(applicationName !== null && { applicationName }),
    action: ACTIONS[intent.call],
    verdict,
    reason,
    result,
    ...(outcome?.error != null && { error: outcome.error.message }),
    ...(before !== null && { before }),
    ...(plan !== '' && { plan }),
    ...(editedBy !== null && { editedBy: managerText(editedBy) }),
    ...(approvedBy !== null && { approvedBy: managerText(approvedBy) }),
    ...(requestID !== undefined && { requestID }),
  }));
}

/** An application that a deployment removed or installed. */
interface Deployed {
  readonly policy: string;
  readonly applicationID: string;
  readonly applicationName: string | undefined;
  readonly isRemoval: boolean;
}

/**
 * Returns the last successful deployment of each association. An earlier one in the other direction doesn't count: an application that was
 * removed and installed again saves nothing.
 */
function latestDeployments(audited: readonly AuditedChange[]): Deployed[] {
  const latest = new Map<string, Deployed>();
  for (const change of audited) {
    const { intent } = change;
    if (intent.call === 'DeployWorkspaceApplications' && auditedResult(change) === 'Succeeded') {
      for (const { applicationID, applicationName, desired } of intent.changes) {
        latest.set(`${intent.accountID} ${intent.region} ${intent.workspaceID} ${applicationID}`, {
          policy: policyOf(intent),
          applicationID,
          applicationName: applicationName ?? undefined,
          isRemoval: desired === 'Absent',
        });
      }
    }
  }
  return [...latest.values()];
}

function policyOf({ policy: { namespace, name } }: AuditedChange['intent']): string {
  return `${namespace}/${name}`;
}

function managerText({ manager, time }: FieldManager): string {
  return `${manager} at ${time}`;
}

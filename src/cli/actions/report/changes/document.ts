import type { FieldManager } from '../../../../audit/record.ts';
import { type AuditedChange, type AuditedResult, auditedResult, type Verification } from '../../../../audit/verify.ts';
import { compareBy } from '../../../../compare.ts';
import { monthAfter } from '../billing.ts';
import type { Prices } from '../prices.ts';

/** Changes of a period according to an audit log, as data, which `-o json` prints. */
export interface ChangeReport {
  /** RFC 3339. */
  readonly generatedAt: string;
  /** Start of the period, in RFC 3339. */
  readonly since: string;
  /** Time of the first record, in RFC 3339. The report lacks changes of the period before it. */
  readonly logStartsAt?: string;
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
  /**
   * Estimate: monthly price of the removed applications, minus the one of the installed applications. An application that was removed and
   * installed again, or installed and removed again, changes nothing. Absent without prices.
   */
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
  /** How the amounts are estimated. */
  readonly note: string;
  readonly monthly: number;
  /** Month after the last removal, for example, 2027-01. Absent without removals. */
  readonly savesFrom?: string;
  /** Names of applications without a price. */
  readonly withoutPrice: readonly string[];
}

const ACTIONS = {
  AssociateWorkspaceApplication: 'Associate',
  DisassociateWorkspaceApplication: 'Disassociate',
  DeployWorkspaceApplications: 'Deploy',
} as const;

/** Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html, see docs/reference/aws-behavior.md. */
const SAVINGS_NOTE =
  'Savings are an estimate from the prices in your file. AWS bills an application for the full month, so a removal saves from the next month. ' +
  'Deployments that AWS accepted count, even if they failed later or if somebody else changed the WorkSpace.';

/** Returns the changes of a log since a time. Savings require prices. */
export function changeReport(
  { changes: all, startsAt }: Pick<Verification, 'changes' | 'startsAt'>,
  since: Date,
  prices: Prices | undefined,
  now: Date,
): ChangeReport {
  // Logs of several replicas follow each other in files, and overlap in time.
  const audited = all.filter(({ time }) => time >= since).sort((a, b) => a.time.getTime() - b.time.getTime());
  const changes = audited.flatMap(reportedChanges);
  const deployed = latestDeployments(audited);
  const lastRemoval = deployed.findLast((one) => savingSign(one) > 0);
  const priceOf = ({ applicationID, applicationName }: Deployed) => prices?.priceOf(applicationID, applicationName);
  const savingsOf = (some: readonly Deployed[]) =>
    prices === undefined
      ? {}
      : { monthlySavings: some.reduce((sum, one) => sum + savingSign(one) * (priceOf(one) ?? 0), 0) };
  const countsOf = (isMeant: (policy: string) => boolean): ChangeCounts => {
    const own = deployed.filter(({ policy }) => isMeant(policy));
    const calls = audited.filter(({ intent }) => isMeant(policyOf(intent)));
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
    ...(startsAt !== undefined && { logStartsAt: startsAt.toISOString() }),
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
      savings: {
        currency: prices.currency,
        note: SAVINGS_NOTE,
        monthly: savingsOf(deployed).monthlySavings ?? 0,
        ...(lastRemoval !== undefined && { savesFrom: monthAfter(lastRemoval.time) }),
        withoutPrice,
      },
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
  /** Whether the application was installed at the start of the period, which is why the first deployment removed it. */
  readonly wasInstalled: boolean;
  readonly time: Date;
}

/** Returns 1 if an application was removed in the period, and -1 if it was installed. 0 if it is as it was before. */
function savingSign({ isRemoval, wasInstalled }: Deployed): number {
  return isRemoval === wasInstalled ? (isRemoval ? 1 : -1) : 0;
}

/** Returns the last successful deployment of each association, in the order of their times. */
function latestDeployments(audited: readonly AuditedChange[]): Deployed[] {
  const latest = new Map<string, Deployed>();
  for (const change of audited) {
    const { intent } = change;
    if (intent.call === 'DeployWorkspaceApplications' && auditedResult(change) === 'Succeeded') {
      for (const { applicationID, applicationName, desired } of intent.changes) {
        const key = `${intent.accountID} ${intent.region} ${intent.workspaceID} ${applicationID}`;
        const isRemoval = desired === 'Absent';
        const { wasInstalled = isRemoval } = latest.get(key) ?? {};
        latest.delete(key);
        latest.set(key, {
          policy: policyOf(intent),
          applicationID,
          applicationName: applicationName ?? undefined,
          isRemoval,
          wasInstalled,
          time: change.time,
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

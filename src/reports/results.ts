import type { FleetLocation } from '../execute/context.ts';
import type { Finding } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { Assessment } from '../status/assessment.ts';

/** One result of a Report (openreports.io/v1alpha1) or a PolicyReport (wgpolicyk8s.io/v1alpha2), whose fields are the same. */
export interface ReportResult {
  /** Who found it. */
  readonly source: 'wsap';
  /** `namespace/name`, as Kyverno writes it. */
  readonly policy: string;
  /** The application, as people call it. */
  readonly rule: string;
  readonly category: 'Amazon WorkSpaces';
  readonly result: 'pass' | 'fail' | 'error' | 'skip';
  readonly severity: 'high' | 'medium' | 'low';
  /** Counts in scores: consumers take a result without this field for one that doesn't. */
  readonly scored: true;
  /** Policy Reporter tells results apart, and new ones from known ones, by this text: it names both ids, and nothing that changes from run to run. */
  readonly message: string;
  /** The WorkSpace. It is no object of the cluster, but consumers show results by what they are about. */
  readonly resources: readonly [{ readonly apiVersion: string; readonly kind: 'Workspace'; readonly name: string }];
  readonly properties: Readonly<Record<string, string>>;
}

/** What the results of a policy have in common. */
export interface ResultContext {
  readonly policy: Policy;
  readonly location: FleetLocation;
  /** Whether results name the users of their WorkSpaces: what reads reports hands them on to chats and databases. */
  readonly userNames: boolean;
}

/** Made of the service's own domain: no other API group can be mistaken for it. */
const WORKSPACES_API = 'workspaces.amazonaws.com/v1';
const MAX_MESSAGE = 512;

/** Whether a WorkSpace doesn't comply for this association: what `status.compliance` counts. */
export function isViolation({ severity }: Assessment): boolean {
  return severity !== 'Removed' && severity !== 'Kept';
}

/** A row as a result. The same row gives the same result, whenever it is asked for. */
export function resultOf(row: Assessment, { policy, location, userNames }: ResultContext): ReportResult {
  const { finding, action, held } = row;
  const { workspace, application, association, verdict } = finding;
  const { state, stateReason } = association;
  const result = outcomeOf(row);
  const properties = {
    applicationID: application.applicationID,
    verdict,
    state,
    action: action === 'None' ? undefined : action,
    holdReason: held?.reason,
    errorCode: stateReason?.errorCode,
    errorMessage: stateReason?.errorMessage,
    userName: userNames ? workspace.userName : undefined,
    fleet: location.name,
    accountID: location.accountID,
    region: location.region,
  };
  return {
    source: 'wsap',
    policy: policy.key,
    rule: sanitize(application.name ?? application.applicationID),
    category: 'Amazon WorkSpaces',
    result,
    severity: severityOf(result, finding),
    scored: true,
    message: sanitize(messageOf(row, result), MAX_MESSAGE),
    resources: [{ apiVersion: WORKSPACES_API, kind: 'Workspace', name: sanitize(workspace.workspaceID, 66) }],
    properties: Object.fromEntries(
      Object.entries(properties).flatMap(([name, value]) =>
        value === undefined || value === '' ? [] : [[name, sanitize(value)]],
      ),
    ),
  };
}

/** Like Kyverno, whether a policy acts or only audits makes no difference. */
function outcomeOf(row: Assessment): ReportResult['result'] {
  const { finding, severity } = row;
  if (!isViolation(row)) {
    const isAsAsked = severity === 'Removed' || finding.step?.kind === 'Done' || finding.verdict === 'Allowed';
    return isAsAsked ? 'pass' : 'skip';
  }
  const isError = severity === 'Failed' || finding.verdict === 'Conflict' || finding.association.state === 'ERROR';
  return isError ? 'error' : 'fail';
}

function severityOf(result: ReportResult['result'], { verdict }: Finding): ReportResult['severity'] {
  if (result === 'error') {
    return 'high';
  }
  return verdict === 'Denied' || verdict === 'Required' ? 'medium' : 'low';
}

function messageOf({ finding, severity, message }: Assessment, result: ReportResult['result']): string {
  const { application, association, verdict, desired, because } = finding;
  const { applicationID, name } = application;
  const { workspaceID, stateReason } = association;
  const what = name === undefined ? applicationID : `${sanitize(name)} (${applicationID})`;
  const demand = `${what} must ${desired === 'Present' ? '' : 'not '}be on ${workspaceID}: ${because}`;
  switch (result) {
    case 'pass':
      return `${what} on ${workspaceID} is as it should be: ${because}`;
    case 'skip':
      return `${what} on ${workspaceID} is left alone by this policy: ${because}`;
    case 'fail':
      return demand;
    case 'error':
      if (verdict === 'Conflict') {
        return `${what} on ${workspaceID} is left alone, as the policies contradict each other: ${because}`;
      }
      return `${demand}; ${severity === 'Failed' ? message : `AWS reports ${stateReason?.errorCode ?? 'ERROR'}`}`;
  }
}

import type { FleetLocation } from '../execute/context.ts';
import type { Finding } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import type { Assessment } from '../status/assessment.ts';

/** Result in a Report (openreports.io/v1alpha1) or a PolicyReport (wgpolicyk8s.io/v1alpha2). Both have the same fields. */
export interface ReportResult {
  /** Program that produced the result. */
  readonly source: 'wsap';
  /** Policy in the form `namespace/name`, which Kyverno also uses. */
  readonly policy: string;
  /** Name of the application. */
  readonly rule: string;
  readonly category: 'Amazon WorkSpaces';
  readonly result: 'pass' | 'fail' | 'error' | 'skip';
  readonly severity: 'high' | 'medium' | 'low';
  /** Whether the result counts in scores. Consumers treat a missing value as false. */
  readonly scored: true;
  /**
   * Human-readable explanation. Policy Reporter identifies results by this text, so it contains both IDs and nothing that differs between
   * runs.
   */
  readonly message: string;
  /** The WorkSpace. It isn't an object in the cluster, but consumers group results by resource. */
  readonly resources: readonly [{ readonly apiVersion: string; readonly kind: 'Workspace'; readonly name: string }];
  readonly properties: Readonly<Record<string, string>>;
}

/** Data that all results of a policy share. */
export interface ResultContext {
  readonly policy: Policy;
  readonly location: FleetLocation;
  /** Whether results contain user names. Consumers of reports forward them to chats and databases. */
  readonly userNames: boolean;
}

/** Uses the domain of the AWS service, so that no API group can have the same name. */
const WORKSPACES_API = 'workspaces.amazonaws.com/v1';
const MAX_MESSAGE = 512;

/** Whether the association makes its WorkSpace count as drifted in `status.compliance`. */
export function isViolation({ severity }: Assessment): boolean {
  return severity !== 'Removed' && severity !== 'Kept' && severity !== 'Unknown';
}

/** Returns the result for an assessment. Equal assessments give equal results, at any time. */
export function resultOf(assessment: Assessment, { policy, location, userNames }: ResultContext): ReportResult {
  const { finding, action, held } = assessment;
  const { workspace, application, association, verdict } = finding;
  const { state, stateReason } = association;
  const result = outcomeOf(assessment);
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
    message: sanitize(messageOf(assessment, result), MAX_MESSAGE),
    resources: [{ apiVersion: WORKSPACES_API, kind: 'Workspace', name: sanitize(workspace.workspaceID, 66) }],
    properties: Object.fromEntries(
      Object.entries(properties).flatMap(([name, value]) =>
        value === undefined || value === '' ? [] : [[name, sanitize(value)]],
      ),
    ),
  };
}

/** Returns the outcome, which doesn't depend on the enforcement mode. Kyverno does the same. */
function outcomeOf(assessment: Assessment): ReportResult['result'] {
  const { finding, severity } = assessment;
  if (severity === 'Unknown') {
    return 'skip';
  }
  if (!isViolation(assessment)) {
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
  const { application, association, verdict, desired, because, unrequested } = finding;
  const { applicationID, name } = application;
  const { workspaceID, stateReason } = association;
  const what = name === undefined ? applicationID : `${sanitize(name)} (${applicationID})`;
  const demand = `${what} must ${desired === 'Present' ? '' : 'not '}be on ${workspaceID}: ${because}`;
  switch (result) {
    case 'pass':
      return `${what} on ${workspaceID} complies: ${because}`;
    case 'skip':
      return severity === 'Unknown'
        ? `${what} on ${workspaceID} is unknown: ${message}`
        : `${what} on ${workspaceID} stays unchanged: ${because}`;
    case 'fail':
      return unrequested === undefined ? demand : `${what} on ${workspaceID}: ${because}`;
    case 'error':
      if (verdict === 'Conflict') {
        return `${what} on ${workspaceID} stays unchanged because the policies contradict each other: ${because}`;
      }
      return `${demand}; ${severity === 'Failed' ? message : `AWS reports ${stateReason?.errorCode ?? 'ERROR'}`}`;
  }
}

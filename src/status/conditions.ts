import type { Compliance } from './compliance.ts';
import { describeCompliance } from './compliance.ts';
import type { Row } from './rows.ts';

export const CONDITION_TYPES = ['Ready', 'Reconciling', 'Stalled', 'Compliant'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** What a run has to say about one condition (Kubernetes API conventions, kstatus). */
export interface ConditionState {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}
export type Conditions = Readonly<Record<ConditionType, ConditionState>>;

/** A problem that ended a run, or part of it. */
export interface Trouble {
  readonly reason: string;
  readonly message: string;
  /** A person has to act before it can go on; else it is tried again. */
  readonly needsPerson: boolean;
}

/** The conditions after a policy could be evaluated. What stands in its way as a whole needs a person. */
export function evaluatedConditions(
  compliance: Compliance,
  rows: readonly Row[],
  trouble: Trouble | undefined,
): Conditions {
  const summary = summaryOf(compliance, rows);
  const working = rows.some(
    ({ urgency, action, held }) => urgency === 'InProgress' || (action !== 'None' && held === undefined),
  );
  return {
    Ready: trouble === undefined ? is(true, 'Evaluated', summary) : is(false, trouble.reason, trouble.message),
    Reconciling: working
      ? is(true, 'Progressing', 'changes are being made')
      : is(false, 'Idle', 'nothing to do at the moment'),
    Stalled: stalled(trouble),
    Compliant: is(isCompliant(compliance), reasonOf(compliance, rows), summary),
  };
}

/** The conditions when a policy couldn't be evaluated. What is known of compliance stays if it was of this generation. */
export function unevaluatedConditions(trouble: Trouble, compliantBefore: ConditionState | undefined): Conditions {
  return {
    Ready: is(false, trouble.reason, trouble.message),
    Reconciling: trouble.needsPerson
      ? is(false, trouble.reason, 'waits for a person')
      : is(true, 'Retrying', 'tries again by itself'),
    Stalled: stalled(trouble),
    Compliant: compliantBefore ?? { status: 'Unknown', reason: 'NotEvaluated', message: 'not evaluated yet' },
  };
}

function stalled(trouble: Trouble | undefined): ConditionState {
  return trouble?.needsPerson
    ? is(true, trouble.reason, trouble.message)
    : is(false, 'NotStalled', 'the policy itself waits for nobody');
}

function isCompliant({ compliant, selected }: Compliance): boolean {
  return compliant === selected;
}

function reasonOf(compliance: Compliance, rows: readonly Row[]): string {
  if (isCompliant(compliance)) {
    return compliance.selected === 0 ? 'NothingSelected' : 'Compliant';
  }
  const [first] = rows;
  return first?.held?.reason ?? (first?.finding.verdict === 'Conflict' ? 'Conflict' : (first?.urgency ?? 'Drifted'));
}

function summaryOf(compliance: Compliance, rows: readonly Row[]): string {
  if (compliance.selected === 0) {
    return 'the selector matches no WorkSpace';
  }
  const [first] = rows;
  const explained = first !== undefined && !isCompliant(compliance) && first.urgency !== 'InProgress';
  const why = explained ? `; ${first.finding.workspace.workspaceId}: ${first.message}` : '';
  return `${describeCompliance(compliance)}${why}`;
}

function is(status: boolean, reason: string, message: string): ConditionState {
  return { status: status ? 'True' : 'False', reason, message };
}

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

/** The conditions after a policy could be evaluated. */
export function evaluatedConditions(
  compliance: Compliance,
  rows: readonly Row[],
  trouble: Trouble | undefined,
): Conditions {
  const stalled = trouble?.needsPerson ? trouble : undefined;
  const retrying = trouble?.needsPerson === false ? trouble : undefined;
  const working = rows.some(
    ({ urgency, action, held }) => urgency === 'InProgress' || (action !== 'None' && held === undefined),
  );
  return {
    Ready:
      trouble === undefined
        ? is(true, 'Evaluated', `evaluated for ${compliance.selected} selected WorkSpaces`)
        : is(false, trouble.reason, trouble.message),
    Reconciling: reconciling(working, retrying),
    Stalled:
      stalled === undefined
        ? is(false, 'NotStalled', 'nothing waits for a person')
        : is(true, stalled.reason, stalled.message),
    Compliant: compliant(compliance, rows),
  };
}

/** The conditions when a policy couldn't be evaluated; what is known of compliance stays as it was. */
export function unevaluatedConditions(trouble: Trouble, compliantBefore: ConditionState | undefined): Conditions {
  return {
    Ready: is(false, trouble.reason, trouble.message),
    Reconciling: trouble.needsPerson
      ? is(false, trouble.reason, 'waits for a person')
      : is(true, 'Retrying', 'tries again by itself'),
    Stalled: trouble.needsPerson
      ? is(true, trouble.reason, trouble.message)
      : is(false, 'NotStalled', 'nothing waits for a person'),
    Compliant: compliantBefore ?? { status: 'Unknown', reason: 'NotEvaluated', message: 'not evaluated yet' },
  };
}

function reconciling(working: boolean, retrying: Trouble | undefined): ConditionState {
  if (retrying !== undefined) {
    return is(true, 'Retrying', 'tries again by itself');
  }
  return working ? is(true, 'Progressing', 'changes are being made') : is(false, 'Idle', 'nothing to do at the moment');
}

function compliant(compliance: Compliance, rows: readonly Row[]): ConditionState {
  if (compliance.selected === 0) {
    return is(true, 'NothingSelected', 'the selector matches no WorkSpace');
  }
  if (compliance.compliant === compliance.selected) {
    return is(true, 'Compliant', describeCompliance(compliance));
  }
  const [first] = rows;
  const reason =
    first?.held?.reason ?? (first?.finding.verdict === 'Conflict' ? 'Conflict' : (first?.urgency ?? 'Drifted'));
  const why = first?.message === undefined ? '' : `; ${first.finding.workspace.workspaceId}: ${first.message}`;
  return is(false, reason, `${describeCompliance(compliance)}${why}`);
}

function is(status: boolean, reason: string, message: string): ConditionState {
  return { status: status ? 'True' : 'False', reason, message };
}

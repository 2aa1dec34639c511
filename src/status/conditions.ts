import type { Resolution } from '../plan/resolution.ts';
import { printable } from '../printable.ts';
import type { Compliance } from './compliance.ts';
import { describeCompliance } from './compliance.ts';
import { type PolicyStatus, timestamp } from './resource.ts';
import type { Row } from './rows.ts';

export type ConditionType = 'Ready' | 'Reconciling' | 'Stalled' | 'Compliant' | 'ApplicationsResolved';

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
  resolution: Resolution,
  trouble: Trouble | undefined,
): Conditions {
  const summary = summaryOf(compliance, rows);
  const { missing } = resolution;
  const isMissing = missing.length > 0 && isCompliant(compliance);
  const working = rows.some(
    ({ urgency, action, held }) => urgency === 'InProgress' || (action !== 'None' && held === undefined),
  );
  return {
    Ready:
      trouble === undefined ? is(true, 'ReconciliationSucceeded', summary) : is(false, trouble.reason, trouble.message),
    Reconciling: working
      ? is(true, 'Progressing', 'changes are being made')
      : is(false, 'Idle', 'nothing to do at the moment'),
    Stalled: stalled(trouble),
    Compliant: isMissing
      ? is(false, 'ApplicationNotFound', `${summary}, but ${noMatchMessage(missing)}`)
      : is(isCompliant(compliance), reasonOf(compliance, rows), summary),
    ApplicationsResolved: resolved(resolution),
  };
}

/** The conditions when a policy couldn't be evaluated. `known`: what an evaluation of this very generation has found before. */
export function unevaluatedConditions(trouble: Trouble, known: Partial<Conditions>): Conditions {
  return {
    Ready: is(false, trouble.reason, trouble.message),
    Reconciling: trouble.needsPerson
      ? is(false, trouble.reason, 'waits for a person')
      : is(true, 'ProgressingWithRetry', 'tries again by itself'),
    Stalled: stalled(trouble),
    Compliant: known.Compliant ?? NOT_EVALUATED,
    ApplicationsResolved: known.ApplicationsResolved ?? NOT_EVALUATED,
  };
}

const NOT_EVALUATED: ConditionState = { status: 'Unknown', reason: 'Pending', message: 'not evaluated yet' };

/** A name that matches nothing is no error, since AWS may offer it tomorrow; but it is more often a slip of the pen. */
function resolved({ ambiguous, unmatched }: Resolution): ConditionState {
  if (ambiguous.length > 0) {
    return is(
      false,
      'AmbiguousApplication',
      `several applications match ${some(ambiguous)}; name the one that is meant by its id`,
    );
  }
  return unmatched.length > 0
    ? is(false, 'ApplicationNotFound', noMatchMessage(unmatched))
    : is(true, 'Resolved', 'every entry of the lists names an application that AWS knows');
}

/** Says which entries of a policy's lists name nothing. */
export function noMatchMessage(entries: readonly string[]): string {
  return `AWS knows no application that matches ${some(entries)}; check the spelling, or take it out`;
}

/** So many entries are named; there may be two hundred. */
const NAMED = 5;

function some(entries: readonly string[]): string {
  const more = entries.length > NAMED ? ` and ${entries.length - NAMED} more` : '';
  return `${entries.slice(0, NAMED).join('; ')}${more}`;
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
  const why = explained ? `; ${first.finding.workspace.workspaceID}: ${first.message}` : '';
  return `${describeCompliance(compliance)}${why}`;
}

/** A condition that is known to hold, or not to. */
export function is(status: boolean, reason: string, message: string): ConditionState {
  return { status: status ? 'True' : 'False', reason, message };
}

type Written = NonNullable<PolicyStatus['conditions']>[number];

/** Conditions as a status has them, in the order given. A time of transition stays where the status of a condition does. */
export function toConditions(
  states: Readonly<Record<string, ConditionState>>,
  generation: number,
  previous: readonly Pick<Written, 'type' | 'status' | 'lastTransitionTime'>[] = [],
  now: Date,
): Written[] {
  return Object.entries(states).map(([type, { status, reason, message }]) => {
    const before = previous.find((condition) => condition.type === type);
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : timestamp(now),
      reason,
      message: printable(message, 1024),
    };
  });
}

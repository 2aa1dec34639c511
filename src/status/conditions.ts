import type { Resolution } from '../plan/resolution.ts';
import { sanitize } from '../sanitize.ts';
import type { Assessment } from './assessment.ts';
import type { Compliance } from './compliance.ts';
import { describeCompliance } from './compliance.ts';
import { type PolicyStatus, timestamp } from './resource.ts';

export type ConditionType = 'Ready' | 'Reconciling' | 'Stalled' | 'Compliant' | 'ApplicationsResolved';

/** What a run has to say about one condition (Kubernetes API conventions, kstatus). */
export interface ConditionState {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}
export type Conditions = Readonly<Record<ConditionType, ConditionState>>;

/** A problem that ended a run, or part of it. */
export interface Blocker {
  readonly reason: string;
  readonly message: string;
  /** A person has to act before it can go on; else it is tried again. */
  readonly terminal: boolean;
}

/** The conditions after a policy could be evaluated. What stands in its way as a whole needs a person. */
export function evaluatedConditions(
  compliance: Compliance,
  assessments: readonly Assessment[],
  resolution: Resolution,
  blocker: Blocker | undefined,
): Conditions {
  const summary = summaryOf(compliance, assessments);
  const { missing } = resolution;
  const isMissing = missing.length > 0 && isCompliant(compliance);
  const working = assessments.some(
    ({ severity, action, held }) => severity === 'InProgress' || (action !== 'None' && held === undefined),
  );
  return {
    Ready:
      blocker === undefined
        ? condition(true, 'ReconciliationSucceeded', summary)
        : condition(false, blocker.reason, blocker.message),
    Reconciling: working
      ? condition(true, 'Progressing', 'changes are being made')
      : condition(false, 'Idle', 'nothing to do at the moment'),
    Stalled: stalled(blocker),
    Compliant: isMissing
      ? condition(false, 'ApplicationNotFound', `${summary}, but ${noMatchMessage(missing)}`)
      : condition(isCompliant(compliance), reasonOf(compliance, assessments), summary),
    ApplicationsResolved: resolved(resolution),
  };
}

/** The conditions when a policy couldn't be evaluated. `known`: what an evaluation of this very generation has found before. */
export function notEvaluatedConditions(blocker: Blocker, known: Partial<Conditions>): Conditions {
  return {
    Ready: condition(false, blocker.reason, blocker.message),
    Reconciling: blocker.terminal
      ? condition(false, blocker.reason, 'waits for a person')
      : condition(true, 'ProgressingWithRetry', 'tries again by itself'),
    Stalled: stalled(blocker),
    Compliant: known.Compliant ?? NOT_EVALUATED,
    ApplicationsResolved: known.ApplicationsResolved ?? NOT_EVALUATED,
  };
}

const NOT_EVALUATED: ConditionState = { status: 'Unknown', reason: 'Pending', message: 'not evaluated yet' };

/** A name that matches nothing is no error, since AWS may offer it tomorrow; but it is more often a slip of the pen. */
function resolved({ ambiguous, unmatched }: Resolution): ConditionState {
  if (ambiguous.length > 0) {
    return condition(
      false,
      'AmbiguousApplication',
      `several applications match ${some(ambiguous)}; name the one that is meant by its id`,
    );
  }
  return unmatched.length > 0
    ? condition(false, 'ApplicationNotFound', noMatchMessage(unmatched))
    : condition(true, 'Resolved', 'every entry of the lists names an application that AWS knows');
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

function stalled(blocker: Blocker | undefined): ConditionState {
  return blocker?.terminal
    ? condition(true, blocker.reason, blocker.message)
    : condition(false, 'NotStalled', 'the policy itself waits for nobody');
}

function isCompliant({ compliant, selected }: Compliance): boolean {
  return compliant === selected;
}

function reasonOf(compliance: Compliance, assessments: readonly Assessment[]): string {
  if (isCompliant(compliance)) {
    return compliance.selected === 0 ? 'NothingSelected' : 'Compliant';
  }
  const [first] = assessments;
  return first?.held?.reason ?? (first?.finding.verdict === 'Conflict' ? 'Conflict' : (first?.severity ?? 'Drifted'));
}

function summaryOf(compliance: Compliance, assessments: readonly Assessment[]): string {
  if (compliance.selected === 0) {
    return 'the selector matches no WorkSpace';
  }
  const [first] = assessments;
  const explained = first !== undefined && !isCompliant(compliance) && first.severity !== 'InProgress';
  const why = explained ? `; ${first.finding.workspace.workspaceID}: ${first.message}` : '';
  return `${describeCompliance(compliance)}${why}`;
}

/** A condition that is known to hold, or not to. */
export function condition(status: boolean, reason: string, message: string): ConditionState {
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
      message: sanitize(message, 1024),
    };
  });
}

import type { Resolution } from '../plan/resolution.ts';
import { sanitize } from '../sanitize.ts';
import type { Sequence } from '../sequence.ts';
import type { Sliced } from '../slices.ts';
import type { Assessment } from './assessment.ts';
import { type Compliance, describeCompliance, heldWorkspaces } from './compliance.ts';
import { isPlanWide, planWideHolds } from './holdScopes.ts';
import type { IgnoredApproval } from './ignoredApproval.ts';
import { type PolicyStatus, timestamp } from './resource.ts';

/** State of one condition, without its times (Kubernetes API conventions). */
export interface ConditionState {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

const MAX_CAUSE_LENGTH = 120;

/** Conditions of kstatus that exist only while they are True. */
export interface AbnormalConditions {
  readonly Reconciling?: ConditionState;
  readonly Stalled?: ConditionState;
}

/** Conditions of a policy. */
export interface PolicyConditions extends AbnormalConditions {
  readonly Ready: ConditionState;
  readonly Compliant: ConditionState;
  readonly ApplicationsResolved: ConditionState;
}

/** Problem that ended a run, or that stops a plan as a whole. */
export interface Blocker {
  readonly reason: string;
  readonly message: string;
  /** Whether it requires manual action. If false, the operator retries. */
  readonly terminal: boolean;
}

/**
 * Returns the conditions of an evaluated policy. Ready carries each message that applies to the policy as a whole, once; Compliant carries
 * the counts. `blocker` requires manual action. `ignored` is the annotation that approves nothing. `unknown` describes what the plan leaves
 * unchanged because it is unknown. `remarks` doesn't affect compliance.
 */
export function* evaluatedConditions(
  compliance: Compliance,
  assessments: Sequence<Assessment>,
  resolution: Resolution,
  blocker: Blocker | undefined,
  ignored: IgnoredApproval | undefined,
  unknown: readonly string[] = [],
  remarks: readonly string[] = [],
): Sliced<PolicyConditions> {
  const notes = [...(ignored === undefined ? [] : [ignored.reason]), ...unknown, ...remarks];
  const isInProgress = assessments.some(
    ({ severity, action, held }) => severity === 'InProgress' || (action !== 'None' && held === undefined),
  );
  return {
    Ready:
      blocker === undefined
        ? condition(true, 'ReconciliationSucceeded', yield* describeEvaluation(compliance, assessments, notes))
        : condition(false, blocker.reason, [blocker.message, ...notes].join('; ')),
    ...(blocker === undefined &&
      isInProgress && { Reconciling: condition(true, 'Progressing', 'changes are in progress') }),
    ...abnormal(blocker),
    Compliant: yield* compliantCondition(compliance, assessments, resolution, unknown.length > 0),
    ApplicationsResolved: resolvedCondition(resolution),
  };
}

/** Returns the conditions of a policy that couldn't be evaluated. `known` holds the conditions of the same generation. */
export function notEvaluatedConditions(blocker: Blocker, known: Partial<PolicyConditions>): PolicyConditions {
  return {
    Ready: condition(false, blocker.reason, blocker.message),
    ...abnormal(blocker),
    Compliant: known.Compliant ?? NOT_EVALUATED,
    ApplicationsResolved: known.ApplicationsResolved ?? NOT_EVALUATED,
  };
}

/**
 * Returns Stalled if a blocker requires manual action, or Reconciling if the operator retries. Ready carries the message. Both carry the
 * cause only, because tools that use kstatus print no other condition.
 */
export function abnormal(blocker: Blocker | undefined): AbnormalConditions {
  if (blocker === undefined) {
    return {};
  }
  return blocker.terminal
    ? { Stalled: condition(true, blocker.reason, `${shortCause(blocker)}; requires manual action, see Ready`) }
    : { Reconciling: condition(true, 'ProgressingWithRetry', `${shortCause(blocker)}; retrying, see Ready`) };
}

/** Returns the first clause of a message, without details and advice. */
function shortCause({ message }: Blocker): string {
  const [cause = ''] = message.split('; ', 1);
  return sanitize(cause, MAX_CAUSE_LENGTH);
}

/** Returns a condition that is True or False. */
export function condition(status: boolean, reason: string, message: string): ConditionState {
  return { status: status ? 'True' : 'False', reason, message };
}

const NOT_EVALUATED: ConditionState = { status: 'Unknown', reason: 'Pending', message: 'not evaluated yet' };

function* compliantCondition(
  compliance: Compliance,
  assessments: Sequence<Assessment>,
  { missing }: Resolution,
  isPartlyUnknown: boolean,
): Sliced<ConditionState> {
  const known =
    compliance.selected === 0
      ? 'the selector matches no WorkSpace'
      : describeCompliance(compliance, yield* heldWorkspaces(assessments));
  const undecided = assessments.find(({ finding }) => finding.isUndecided === true);
  const counts = isPartlyUnknown ? `${known}; a part is unknown, see Ready` : known;
  if (compliance.drifted === 0 && missing.length > 0) {
    return condition(
      false,
      'ApplicationNotFound',
      `${counts}, but a required application wasn't found; see ApplicationsResolved`,
    );
  }
  if (compliance.drifted === 0 && (isPartlyUnknown || undecided !== undefined)) {
    const message =
      undecided === undefined
        ? counts
        : `${counts}; ${undecided.finding.workspace.workspaceID}: ${undecided.finding.because}`;
    return { status: 'Unknown', reason: 'Undecided', message };
  }
  if (compliance.drifted === 0 && compliance.unknown !== undefined) {
    return { status: 'Unknown', reason: 'Restored', message: counts };
  }
  return condition(compliance.drifted === 0, compliantReason(compliance, assessments), counts);
}

function compliantReason(compliance: Compliance, assessments: Sequence<Assessment>): string {
  if (compliance.drifted === 0) {
    return compliance.selected === 0 ? 'NothingSelected' : 'Compliant';
  }
  const [first] = assessments;
  return first?.held?.reason ?? (first?.finding.verdict === 'Conflict' ? 'Conflict' : (first?.severity ?? 'Drifted'));
}

/** Describes the evaluation with the holds of the whole plan, notes, and the most severe failure or hold of a single association. */
function* describeEvaluation(
  { selected }: Compliance,
  assessments: Sequence<Assessment>,
  notes: readonly string[],
): Sliced<string> {
  const evaluated = `evaluated ${selected} ${selected === 1 ? 'WorkSpace' : 'WorkSpaces'}`;
  const holds = yield* planWideHolds(assessments);
  const specific = assessments.find(
    ({ severity, held }) =>
      severity === 'Failed' || (severity === 'Held' && (held === undefined || !isPlanWide(held.reason))),
  );
  return [
    evaluated,
    // The message is truncated, and what a person must do comes first.
    ...holds.map(({ message }) => message),
    ...notes,
    ...(specific === undefined ? [] : [`${specific.finding.workspace.workspaceID}: ${specific.message}`]),
  ].join('; ');
}

/** A name without a match isn't an error, because AWS can add the application later; usually it is a typo. */
function resolvedCondition({ ambiguous, unmatched }: Resolution): ConditionState {
  if (ambiguous.length > 0) {
    return condition(false, 'AmbiguousApplication', 'a required entry matches several applications; see Ready');
  }
  return unmatched.length > 0
    ? condition(false, 'ApplicationNotFound', notFoundMessage(unmatched))
    : condition(true, 'Resolved', 'every entry of the lists matches an application in AWS');
}

/** Describes the entries of a policy's lists that match no application. */
export function notFoundMessage(entries: readonly string[]): string {
  return `no application matches ${listEntries(entries)}; check the spelling or remove the entry`;
}

/** Maximum number of entries in a message; a policy can have two hundred. */
const MAX_LISTED = 5;

function listEntries(entries: readonly string[]): string {
  const more = entries.length > MAX_LISTED ? ` and ${entries.length - MAX_LISTED} more` : '';
  return `${entries.slice(0, MAX_LISTED).join('; ')}${more}`;
}

type WrittenCondition = NonNullable<PolicyStatus['conditions']>[number];

/** Returns conditions in the form of a status, in the order given. A condition keeps its transition time while its status stays the same. */
export function toConditions(
  states:
    | PolicyConditions
    | (AbnormalConditions & { readonly Ready: ConditionState; readonly EventsReceived?: ConditionState }),
  generation: number,
  previous: readonly Pick<WrittenCondition, 'type' | 'status' | 'lastTransitionTime'>[] = [],
  now: Date,
): WrittenCondition[] {
  return Object.entries<ConditionState>({ ...states }).map(([type, { status, reason, message }]) => {
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

import { associationKey } from '../fleet/associationID.ts';
import { heldByFinding } from '../plan/heldChanges.ts';
import type { Change, Finding, HeldChange, Plan } from '../plan/plan.ts';
import { withSideEffect } from '../plan/sideEffects.ts';
import { concatenated, IndexList, LazySequence, type Sequence, selection } from '../sequence.ts';
import { eachSliced, isYieldDue, type Sliced } from '../slices.ts';
import { isPlanWide } from './holdScopes.ts';

/** Severities of an assessment, the most severe first. */
export const SEVERITIES = ['Failed', 'Held', 'Drifted', 'InProgress', 'Unknown', 'Removed', 'Kept'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** State of one association under a policy, as data for the status, Events, and reports. */
export interface Assessment {
  readonly finding: Finding;
  readonly severity: Severity;
  /** Next action, whether or not it is held. None if no change is needed, or while AWS carries out a change. */
  readonly action: 'None' | Change['action'];
  readonly held: HeldChange | undefined;
  /** Explanation of the failure, of the hold if it is specific to this association, or else of the verdict. */
  readonly message: string;
  /** Number of times the failed deployment was retried. */
  readonly retries: number;
}

/**
 * Returns the assessments of a plan, the most severe first, then by WorkSpace and application. Creates each of them when it is read.
 *
 * @param whyUnknown returns why the association of a finding doesn't show whether the application is installed. Defaults to undefined
 */
export function* assess(
  plan: Plan,
  retriesOf: (finding: Finding) => number = () => 0,
  whyUnknown: (finding: Finding) => string | undefined = () => undefined,
): Sliced<Sequence<Assessment>> {
  const { findings } = plan;
  const heldOf = yield* heldByFinding(plan);
  const retries = new Map<number, number>();
  const unknown = new Map<number, string>();
  const assessmentOf = (index: number) => {
    const assessment = assessFinding(findings.at(index) as Finding, heldOf(index), retries.get(index) ?? 0);
    const message = unknown.get(index);
    return message === undefined ? assessment : { ...assessment, severity: 'Unknown' as const, message };
  };
  const bySeverity = new Map(SEVERITIES.map((severity) => [severity, new IndexList()]));
  for (let index = 0; index < findings.length; index++) {
    if (isYieldDue(index)) {
      yield;
    }
    const { finding, severity } = assessmentOf(index);
    const isAsDesired = severity === 'Removed' || finding.step?.kind === 'Done';
    const message = isAsDesired ? whyUnknown(finding) : undefined;
    if (message !== undefined) {
      unknown.set(index, message);
    }
    bySeverity.get(message === undefined ? severity : 'Unknown')?.push(index);
    const count = retriesOf(finding);
    if (count > 0) {
      retries.set(index, count);
    }
  }
  const all = new LazySequence(findings.length, assessmentOf);
  return concatenated(...[...bySeverity.values()].map((indices) => selection(all, indices.values())));
}

/** Returns the part of an assessment whose change leads to an Event. */
export function eventKey({ severity, held }: Assessment): string {
  return held === undefined ? severity : held.reason;
}

/** Returns why an association is on hold. A Conflict about which the policy asks for no change isn't a held change. */
export function holdReasonOf({ held, severity }: Assessment): string | undefined {
  return held?.reason ?? (severity === 'Held' ? 'Conflict' : undefined);
}

/** Returns the number of associations on hold, by reason. */
export function* heldByReason(assessments: Iterable<Assessment>): Sliced<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  yield* eachSliced(assessments, (assessment) => {
    const reason = holdReasonOf(assessment);
    if (reason !== undefined) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  });
  return counts;
}

/** Returns the key of the association. */
export function assessmentKey({ finding: { association } }: Assessment): string {
  return associationKey(association);
}

function assessFinding(finding: Finding, held: HeldChange | undefined, retries: number): Assessment {
  const { desired, step, verdict, because } = finding;
  const unchanged = { finding, held, retries, action: 'None', message: because } as const;
  // Without the association, a Conflict matters only to the policy that requires or allows the application.
  if (verdict === 'Conflict' && (step === undefined || (step.kind === 'Done' && desired === 'Present'))) {
    const message = `the policies contradict each other, so the association stays unchanged: ${because}`;
    return { ...unchanged, severity: 'Held', message };
  }
  if (finding.unrequested === 'Unmanaged') {
    return { ...unchanged, severity: 'Drifted' };
  }
  if (step === undefined) {
    return { ...unchanged, severity: 'Kept' };
  }
  switch (step.kind) {
    case 'Done':
      return { ...unchanged, severity: desired === 'Absent' ? 'Removed' : 'Kept' };
    case 'Wait':
      return { ...unchanged, severity: 'InProgress', message: withSideEffect(because, finding) };
    case 'NeedsIntervention':
      return { ...unchanged, severity: 'Failed', message: step.message };
    default:
      return {
        ...unchanged,
        action: step.kind,
        severity: severityOfChange(step.kind, held),
        message: withSideEffect(held === undefined || isPlanWide(held.reason) ? because : held.message, finding),
      };
  }
}

/** Every hold counts as Held, including Audit: `status.plan.held` counts these changes too. */
function severityOfChange(action: Change['action'], held: HeldChange | undefined): Severity {
  switch (held?.reason) {
    case undefined:
      return action === 'Deploy' ? 'InProgress' : 'Drifted';
    case 'Rejected':
    case 'Incompatible':
      return 'Failed';
    default:
      return 'Held';
  }
}

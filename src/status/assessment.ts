import { associationKey } from '../fleet/associationID.ts';
import type { Change, Finding, HeldChange, Plan } from '../plan/plan.ts';

/** What is most important about an association, the most urgent first. */
export const URGENCIES = ['Failed', 'Held', 'Drifted', 'InProgress', 'Removed', 'Kept'] as const;
export type Urgency = (typeof URGENCIES)[number];

/** One association in the status. */
export interface Assessment {
  readonly finding: Finding;
  readonly severity: Urgency;
  /** What is to be done next, by the operator or by a person; None while AWS is at work, or where nothing is to be done. */
  readonly action: 'None' | Change['action'];
  readonly held: HeldChange | undefined;
  /** Why, or what went wrong. */
  readonly message: string;
  /** How often its failed deployment was repeated. */
  readonly retries: number;
}

/** The rows of a plan, the most urgent first, then by WorkSpace and application. */
export function assess(plan: Plan, repetitionsOf: (finding: Finding) => number = () => 0): Assessment[] {
  const held = new Map(plan.held.map((one) => [one.change.finding, one]));
  const assessments = plan.findings.map((finding) => rowOf(finding, held.get(finding), repetitionsOf(finding)));
  return URGENCIES.flatMap((severity) => assessments.filter((row) => row.severity === severity));
}

/** What is to be told about a row when it changes. */
export function eventKey({ severity, held }: Assessment): string {
  return held === undefined ? severity : held.reason;
}

/** How many changes are held, by reason. A row that policies contradict each other about has none, and counts as a conflict. */
export function heldByReason(assessments: readonly Assessment[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { held, severity } of assessments) {
    const reason = held?.reason ?? (severity === 'Held' ? 'Conflict' : undefined);
    if (reason !== undefined) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  return counts;
}

/** Identifies a row's association. */
export function assessmentKey({ finding: { association } }: Assessment): string {
  return associationKey(association);
}

function rowOf(finding: Finding, held: HeldChange | undefined, retries: number): Assessment {
  const { desired, step, verdict, because } = finding;
  const row = { finding, held, retries, action: 'None', message: because } as const;
  // The policy that denies what isn't there has nothing to say about it; the one that has what it requires does.
  if (verdict === 'Conflict' && (step === undefined || (step.kind === 'Done' && desired === 'Present'))) {
    return { ...row, severity: 'Held', message: `the policies contradict each other, so it is left alone: ${because}` };
  }
  if (step === undefined) {
    return { ...row, severity: 'Kept' };
  }
  switch (step.kind) {
    case 'Done':
      return { ...row, severity: desired === 'Absent' ? 'Removed' : 'Kept' };
    case 'Wait':
      return { ...row, severity: 'InProgress' };
    case 'NeedsIntervention':
      return { ...row, severity: 'Failed', message: step.message };
    default:
      return {
        ...row,
        action: step.kind,
        severity: urgencyOfChange(step.kind, held),
        message: held?.message ?? because,
      };
  }
}

function urgencyOfChange(action: Change['action'], held: HeldChange | undefined): Urgency {
  switch (held?.reason) {
    case undefined:
      return action === 'Deploy' ? 'InProgress' : 'Drifted';
    case 'Audit':
      return 'Drifted';
    case 'Rejected':
      return 'Failed';
    default:
      return 'Held';
  }
}

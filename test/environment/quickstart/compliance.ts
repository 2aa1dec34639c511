import type { PolicyObject } from '../../../src/kube/resources.ts';
import { sanitize } from '../../../src/sanitize.ts';

/** Whether the status reports that a policy complies, for its current generation. */
export function isCompliant({ metadata, status }: PolicyObject): boolean {
  return condition(status, 'Compliant')?.status === 'True' && status?.observedGeneration === metadata.generation;
}

/** Returns the status of a policy in one line: `Compliant=False (InProgress): 35 of 40 …`. Undefined without conditions. */
export function complianceLine({ status }: PolicyObject): string | undefined {
  const ready = condition(status, 'Ready');
  const shown = ready?.status === 'False' ? ready : condition(status, 'Compliant');
  return shown && conditionLine(shown);
}

/** Returns a line for each condition of a policy. */
export function conditionLines({ status }: PolicyObject): string[] {
  return status?.conditions?.map(conditionLine) ?? ['not reconciled yet'];
}

type Status = PolicyObject['status'];
type Condition = NonNullable<NonNullable<Status>['conditions']>[number];

function condition(status: Status, type: string): Condition | undefined {
  return status?.conditions?.find((candidate) => candidate.type === type);
}

function conditionLine({ type, status, reason, message }: Condition): string {
  const why = reason === undefined || reason === type ? '' : ` (${reason})`;
  return sanitize(`${type}=${status}${why}: ${message ?? ''}`, 1100);
}

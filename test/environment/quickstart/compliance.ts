import type { PolicyObject } from '../../../src/kube/resources.ts';
import { sanitize } from '../../../src/sanitize.ts';

/** Whether a policy is compliant, as its status says for the spec that it has now. */
export function isCompliant({ metadata, status }: PolicyObject): boolean {
  return condition(status, 'Compliant')?.status === 'True' && status?.observedGeneration === metadata.generation;
}

/** What a policy's status says, in a line: `Compliant=False (InProgress): 35 of 40 …`. Undefined before it says anything. */
export function complianceLine({ status }: PolicyObject): string | undefined {
  const ready = condition(status, 'Ready');
  const shown = ready?.status === 'False' ? ready : condition(status, 'Compliant');
  return shown && conditionLine(shown);
}

/** Every condition of a policy, in a line each. */
export function conditionLines({ status }: PolicyObject): string[] {
  return status?.conditions?.map(conditionLine) ?? ['its status is empty'];
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

import type { Workspace } from '../fleet/model.ts';
import type { Assessment, Urgency } from './assessment.ts';

/** The selected WorkSpaces, each counted once, by the most urgent of its associations; the other numbers add up to `selected`. */
export interface Compliance {
  readonly selected: number;
  readonly compliant: number;
  readonly drifted: number;
  readonly inProgress: number;
  readonly held: number;
  readonly failed: number;
}

/** Rows come the most urgent first. */
export function complianceOf(selected: readonly Workspace[], assessments: readonly Assessment[]): Compliance {
  const mostUrgent = new Map<string, Urgency>();
  for (const { finding, severity } of assessments) {
    const { workspaceID } = finding.workspace;
    if (!mostUrgent.has(workspaceID)) {
      mostUrgent.set(workspaceID, severity);
    }
  }
  const count = (severity: Urgency) => [...mostUrgent.values()].filter((one) => one === severity).length;
  const [drifted, inProgress, held, failed] = [count('Drifted'), count('InProgress'), count('Held'), count('Failed')];
  const compliant = selected.length - drifted - inProgress - held - failed;
  return { selected: selected.length, compliant, drifted, inProgress, held, failed };
}

/** The numbers in a sentence, without those that are zero. */
export function describeCompliance({ selected, compliant, drifted, inProgress, held, failed }: Compliance): string {
  const parts = [
    failed > 0 && `${failed} failed`,
    held > 0 && `${held} held`,
    drifted > 0 && `${drifted} drifted`,
    inProgress > 0 && `${inProgress} in progress`,
  ].filter((part) => part !== false);
  const rest = parts.length === 0 ? '' : `; ${parts.join(', ')}`;
  return `${compliant} of ${selected} WorkSpaces ${compliant === 1 ? 'complies' : 'comply'}${rest}`;
}

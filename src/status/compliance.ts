import { compareStrings } from '../compare.ts';
import type { Workspace } from '../fleet/model.ts';
import { type Assessment, holdReasonOf, type Severity } from './assessment.ts';

/**
 * Number of selected WorkSpaces by compliance, where `compliant` + `drifted` + `unknown` = `selected`.
 *
 * `drifted` counts every WorkSpace that differs from the policy, whether or not the operator may change it: under Audit, while the policy
 * or the fleet is suspended, and if a safeguard rejects the plan. `inProgress`, `held`, and `failed` are subsets of it, each WorkSpace
 * counted in that of its most severe association. Under Audit every change is held, so these WorkSpaces count in `held`. A WorkSpace
 * whose next change is due and hasn't started is in none of the subsets. An excepted association isn't a difference. `unknown` counts the
 * other WorkSpaces that AWS restored, and is omitted if there are none.
 */
export interface Compliance {
  readonly selected: number;
  readonly compliant: number;
  readonly drifted: number;
  readonly inProgress: number;
  readonly held: number;
  readonly failed: number;
  readonly unknown?: number;
}

/** Severities of a WorkSpace that doesn't differ from the policy as far as AWS reports it. */
const COMPLIANT: ReadonlySet<Severity> = new Set(['Unknown', 'Removed', 'Kept']);

/**
 * Counts the selected WorkSpaces. Expects the assessments to be sorted, the most severe first.
 *
 * @param restored WorkSpaces whose applications are unknown
 */
export function complianceOf(
  selected: readonly Workspace[],
  assessments: readonly Assessment[],
  restored: readonly Pick<Workspace, 'workspaceID'>[] = [],
): Compliance {
  const selectedIDs = new Set(selected.map(({ workspaceID }) => workspaceID));
  const worst = mostSevere(assessments).filter(({ finding }) => selectedIDs.has(finding.workspace.workspaceID));
  const severities = worst.map(({ severity }) => severity);
  const count = (severity: Severity) => severities.filter((one) => one === severity).length;
  const driftedIDs = new Set(
    worst.flatMap(({ severity, finding }) => (COMPLIANT.has(severity) ? [] : [finding.workspace.workspaceID])),
  );
  const drifted = driftedIDs.size;
  const unknown = restored.filter(
    ({ workspaceID }) => selectedIDs.has(workspaceID) && !driftedIDs.has(workspaceID),
  ).length;
  return {
    selected: selected.length,
    compliant: selected.length - drifted - unknown,
    drifted,
    inProgress: count('InProgress'),
    held: count('Held'),
    failed: count('Failed'),
    ...(unknown > 0 && { unknown }),
  };
}

/** Returns the number of held WorkSpaces by the reason of their most severe association, the most frequent first. */
export function heldWorkspaces(assessments: readonly Assessment[]): [reason: string, count: number][] {
  const held = mostSevere(assessments).filter(({ severity }) => severity === 'Held');
  return [...Map.groupBy(held, (assessment) => holdReasonOf(assessment) ?? '')]
    .map(([reason, same]): [string, number] => [reason, same.length])
    .sort(([a, n], [b, m]) => m - n || compareStrings(a, b));
}

/** Describes the numbers in a sentence, without those that are zero. */
export function describeCompliance(
  { selected, compliant, drifted, inProgress, held, failed, unknown = 0 }: Compliance,
  reasons: readonly [reason: string, count: number][] = [],
): string {
  const parts = [
    drifted > 0 && `${drifted} drifted`,
    failed > 0 && `${failed} failed`,
    held > 0 && `${held} held${describeReasons(reasons)}`,
    inProgress > 0 && `${inProgress} in progress`,
    unknown > 0 && `${unknown} unknown`,
  ].filter((part) => part !== false);
  const rest = parts.length === 0 ? '' : `; ${parts.join(', ')}`;
  return `${compliant} of ${selected} WorkSpaces ${compliant === 1 ? 'complies' : 'comply'}${rest}`;
}

function describeReasons(reasons: readonly [reason: string, count: number][]): string {
  const [first] = reasons;
  if (first === undefined) {
    return '';
  }
  const parts = reasons.length === 1 ? [first[0]] : reasons.map(([reason, count]) => `${count} ${reason}`);
  return ` (${parts.join(', ')})`;
}

/** Returns the most severe assessment of each WorkSpace. */
function mostSevere(assessments: readonly Assessment[]): Assessment[] {
  const first = new Map<string, Assessment>();
  for (const assessment of assessments) {
    const { workspaceID } = assessment.finding.workspace;
    if (!first.has(workspaceID)) {
      first.set(workspaceID, assessment);
    }
  }
  return [...first.values()];
}

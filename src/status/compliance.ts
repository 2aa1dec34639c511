import { compareStrings } from '../compare.ts';
import type { Workspace } from '../fleet/model.ts';
import { eachSliced, type Sliced, setSliced } from '../slices.ts';
import { type Assessment, holdReasonOf, SEVERITIES, type Severity } from './assessment.ts';

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
 * @param selectedCount number of selected WorkSpaces, if not all of them were listed
 * @param restored selected WorkSpaces whose applications are unknown
 */
export function* complianceOf(
  selected: readonly Workspace[],
  assessments: Iterable<Assessment>,
  selectedCount = selected.length,
  restored: readonly Pick<Workspace, 'workspaceID'>[] = [],
): Sliced<Compliance> {
  const uncounted = yield* setSliced(selected, ({ workspaceID }) => workspaceID);
  const counts = new Map<Severity, number>();
  const unknownIDs = new Set(restored.map(({ workspaceID }) => workspaceID));
  yield* eachSliced(assessments, ({ finding: { workspace }, severity }) => {
    if (uncounted.delete(workspace.workspaceID)) {
      counts.set(severity, (counts.get(severity) ?? 0) + 1);
      if (!COMPLIANT.has(severity)) {
        unknownIDs.delete(workspace.workspaceID);
      }
    }
  });
  const count = (severity: Severity) => counts.get(severity) ?? 0;
  const drifted = SEVERITIES.filter((severity) => !COMPLIANT.has(severity)).reduce((sum, one) => sum + count(one), 0);
  const unknown = Math.min(unknownIDs.size, selectedCount - drifted);
  return {
    selected: selectedCount,
    compliant: selectedCount - drifted - unknown,
    drifted,
    inProgress: count('InProgress'),
    held: count('Held'),
    failed: count('Failed'),
    ...(unknown > 0 && { unknown }),
  };
}

/** Returns the number of held WorkSpaces by the reason of their most severe association, the most frequent first. */
export function* heldWorkspaces(assessments: Iterable<Assessment>): Sliced<[reason: string, count: number][]> {
  const counted = new Set<string>();
  const counts = new Map<string, number>();
  yield* eachSliced(assessments, (assessment) => {
    const { workspaceID } = assessment.finding.workspace;
    if (assessment.severity === 'Held' && !counted.has(workspaceID)) {
      const reason = holdReasonOf(assessment) ?? '';
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    counted.add(workspaceID);
  });
  return [...counts].sort(([a, n], [b, m]) => m - n || compareStrings(a, b));
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

/** Returns the reasons of the holds in a message that begins with the result of `describeCompliance`. Other texts may follow. */
export function heldReasonsIn(message: string): string[] {
  const [, list = ''] =
    /^\d+ of \d+ WorkSpaces \w+; \d+ drifted,(?: \d+ failed,)? \d+ held \(([^)]*)\)/.exec(message) ?? [];
  return list.split(', ').flatMap((part) => /^(?:\d+ )?([A-Za-z]+)$/.exec(part)?.[1] ?? []);
}

function describeReasons(reasons: readonly [reason: string, count: number][]): string {
  const [first] = reasons;
  if (first === undefined) {
    return '';
  }
  const parts = reasons.length === 1 ? [first[0]] : reasons.map(([reason, count]) => `${count} ${reason}`);
  return ` (${parts.join(', ')})`;
}

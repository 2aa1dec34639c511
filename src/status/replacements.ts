import type { Made } from '../execute/outcome.ts';
import type { Workspace } from '../fleet/model.ts';
import { areOfSameFamily } from '../fleet/products.ts';
import { nameOf } from '../plan/compatibility.ts';
import { outcomeOf } from '../plan/outcome.ts';
import { type Finding, isRevert, type Replacement } from '../plan/plan.ts';
import { IndexList, type Sequence, selection } from '../sequence.ts';
import { eachSliced, isYieldDue, type Sliced } from '../slices.ts';
import type { Assessment } from './assessment.ts';

/** Returns a replacement that a policy makes as text, for example, "Visio 2021 with Visio 2024". Undefined for other changes. */
export function replacementOf({ replacement }: Pick<Finding, 'replacement'>): string | undefined {
  return replacement?.isOwn === true
    ? `${namesOf(replacement.removed)} with ${namesOf(replacement.installed)}`
    : undefined;
}

function namesOf(applications: Replacement['removed']): string {
  return applications.map(nameOf).join(' and ');
}

/** Returns assessments with one entry for each replacement: its first installation, at the position of its first part. */
export function* onePerReplacement(assessments: Sequence<Assessment>): Sliced<Sequence<Assessment>> {
  const installations = new Map<string, number>();
  let hasReplacements = false;
  for (const [index, { finding }] of assessments.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    if (finding.replacement?.isOwn === true) {
      hasReplacements = true;
      const outcome = outcomeOf(finding);
      if (finding.desired === 'Present' && !installations.has(outcome)) {
        installations.set(outcome, index);
      }
    }
  }
  if (!hasReplacements) {
    return assessments;
  }
  const shown = new Set<string>();
  const indices = new IndexList();
  for (const [index, { finding }] of assessments.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    const outcome = finding.replacement?.isOwn === true ? outcomeOf(finding) : undefined;
    if (outcome === undefined) {
      indices.push(index);
    } else if (!shown.has(outcome)) {
      shown.add(outcome);
      indices.push(installations.get(outcome) ?? index);
    }
  }
  return selection(assessments, indices.values());
}

/** Returns the number of replacements among findings, which are sorted by WorkSpace. */
export function* replacementsIn(findings: Iterable<Finding>): Sliced<number> {
  let count = 0;
  let last: Workspace | undefined;
  const seen = new Set<Replacement>();
  yield* eachSliced(findings, ({ workspace, replacement }) => {
    if (workspace !== last) {
      last = workspace;
      seen.clear();
    }
    if (replacement?.isOwn === true && !seen.has(replacement)) {
      seen.add(replacement);
      count++;
    }
  });
  return count;
}

/** Whether a change reverts a removal because its replacement can't be installed: the policies still request the removal. */
export function isOfRejectedReplacement(finding: Finding): boolean {
  return isRevert(finding) && finding.desired === 'Present' && REMOVING.has(finding.verdict);
}

const REMOVING: ReadonlySet<string> = new Set(['Denied', 'Unlisted']);

/** Whether a change belongs to a replacement that the same run deploys. Its Event shows both parts. */
export function isDeployedReplacement(
  { action, workspace, findings: [finding] }: Made,
  made: readonly Made[],
): boolean {
  return (
    action !== 'Deploy' &&
    finding?.replacement?.isOwn === true &&
    made.some((one) => one.action === 'Deploy' && one.workspace.workspaceID === workspace.workspaceID)
  );
}

/** Part of a replacement: an application on a WorkSpace. */
interface Part {
  readonly workspaceID: string;
  /** Name of the application. */
  readonly application: string;
}

/** Returns the completed installations and removals, with those of one WorkSpace that replace each other as one change. */
export function replacedAmong<T extends Part>(installed: readonly T[], removed: readonly T[]) {
  const pairs = removed.flatMap((old) => {
    const current = installed.find(
      (one) => one.workspaceID === old.workspaceID && areOfSameFamily(one.application, old.application),
    );
    return current === undefined ? [] : [{ old, current }];
  });
  return {
    replaced: pairs.map(({ old, current }) => ({
      ...current,
      application: `${old.application} with ${current.application}`,
    })),
    installed: installed.filter((one) => !pairs.some(({ current }) => current === one)),
    removed: removed.filter((one) => !pairs.some(({ old }) => old === one)),
  };
}

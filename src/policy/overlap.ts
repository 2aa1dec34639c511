import { type GlobList, isLiteralList } from './globList.ts';
import type { WorkspaceSelector } from './policy.ts';

/**
 * Whether two selectors could select the same WorkSpace at any time. False only if the selectors rule it out: a WorkSpace has one ID, one
 * directory, one bundle, one user, and one value for each tag.
 */
export function mayShareWorkspaces(a: WorkspaceSelector, b: WorkspaceSelector): boolean {
  return !(
    areDisjoint(a.workspaceIDs, b.workspaceIDs) ||
    areDisjoint(a.directoryIDs, b.directoryIDs) ||
    areDisjoint(a.bundleIDs, b.bundleIDs) ||
    areDisjoint(literalNames(a.userNames), literalNames(b.userNames)) ||
    haveContradictingTags(a, b) ||
    excludes(a, b) ||
    excludes(b, a)
  );
}

/** Number of selectors from which only their union is compared. A comparison of each with each would take too long. */
const MAX_COMPARED = 8;

/**
 * Returns a function that decides whether a selector could select a WorkSpace that one of these selectors selects. For many selectors, it may
 * be true although they rule it out.
 */
export function mayShareWorkspacesWithAny(
  selectors: readonly WorkspaceSelector[],
): (selector: WorkspaceSelector) => boolean {
  if (selectors.length <= MAX_COMPARED) {
    return (other) => selectors.some((selector) => mayShareWorkspaces(selector, other));
  }
  const [workspaceIDs, directoryIDs, bundleIDs, userNames] = [
    unionOf(selectors.map((selector) => selector.workspaceIDs)),
    unionOf(selectors.map((selector) => selector.directoryIDs)),
    unionOf(selectors.map((selector) => selector.bundleIDs)),
    unionOf(selectors.map((selector) => literalNames(selector.userNames))),
  ];
  return (other) =>
    !(
      areDisjoint(workspaceIDs, other.workspaceIDs) ||
      areDisjoint(directoryIDs, other.directoryIDs) ||
      areDisjoint(bundleIDs, other.bundleIDs) ||
      areDisjoint(userNames, literalNames(other.userNames))
    );
}

/** Returns the union of sets. Undefined if one of them is undefined, which stands for all values. */
function unionOf(sets: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  return sets.includes(undefined) ? undefined : new Set(sets.flatMap((set) => [...(set ?? [])]));
}

function areDisjoint(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  return a !== undefined && b !== undefined && a.isDisjointFrom(b);
}

/** Returns the names, or undefined if one of them contains a wildcard. */
function literalNames(names: GlobList | undefined): ReadonlySet<string> | undefined {
  return names !== undefined && isLiteralList(names) ? names.literals : undefined;
}

function haveContradictingTags({ tags: a }: WorkspaceSelector, { tags: b }: WorkspaceSelector): boolean {
  if (a === undefined || b === undefined) {
    return false;
  }
  for (const [key, value] of a.matchLabels) {
    if ((b.matchLabels.get(key) ?? value) !== value) {
      return true;
    }
  }
  return false;
}

/** Whether the first selector excludes all WorkSpace IDs that the second selects. */
function excludes({ exclude }: WorkspaceSelector, { workspaceIDs }: WorkspaceSelector): boolean {
  return workspaceIDs?.isSubsetOf(exclude.workspaceIDs) ?? false;
}

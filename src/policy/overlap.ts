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

function areDisjoint(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  return a !== undefined && b !== undefined && a.isDisjointFrom(b);
}

/** Returns the names, or undefined if one of them contains a wildcard. */
function literalNames(globs: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return globs === undefined || globs.some((glob) => /[*?]/.test(glob)) ? undefined : new Set(globs);
}

function haveContradictingTags({ tags: a }: WorkspaceSelector, { tags: b }: WorkspaceSelector): boolean {
  return [...(a?.matchLabels ?? [])].some(([key, value]) => (b?.matchLabels.get(key) ?? value) !== value);
}

/** Whether the first selector excludes all WorkSpace IDs that the second selects. */
function excludes({ exclude }: WorkspaceSelector, { workspaceIDs }: WorkspaceSelector): boolean {
  return workspaceIDs?.isSubsetOf(exclude.workspaceIDs) ?? false;
}

import type { WorkspaceSelector } from './policy.ts';

/**
 * Whether two selectors could be about the same WorkSpace, now or later. False only where what they say rules it out: no WorkSpace has
 * two ids, directories, bundles, users, or values of one tag.
 */
export function mayShareWorkspaces(a: WorkspaceSelector, b: WorkspaceSelector): boolean {
  return !(
    areDisjoint(a.workspaceIDs, b.workspaceIDs) ||
    areDisjoint(a.directoryIDs, b.directoryIDs) ||
    areDisjoint(a.bundleIDs, b.bundleIDs) ||
    areDisjoint(literal(a.userNames), literal(b.userNames)) ||
    haveDifferentTags(a, b) ||
    excludes(a, b) ||
    excludes(b, a)
  );
}

function areDisjoint(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  return a !== undefined && b !== undefined && a.isDisjointFrom(b);
}

/** Names without a wildcard; undefined if any has one. */
function literal(globs: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return globs === undefined || globs.some((glob) => /[*?]/.test(glob)) ? undefined : new Set(globs);
}

function haveDifferentTags({ tags: a }: WorkspaceSelector, { tags: b }: WorkspaceSelector): boolean {
  return [...(a?.matchLabels ?? [])].some(([key, value]) => (b?.matchLabels.get(key) ?? value) !== value);
}

/** Whether one excludes, by their ids, all WorkSpaces that the other may be about. */
function excludes({ exclude }: WorkspaceSelector, { workspaceIDs }: WorkspaceSelector): boolean {
  return workspaceIDs?.isSubsetOf(exclude.workspaceIDs) ?? false;
}

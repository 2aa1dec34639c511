import type { Mutation } from './mutation.ts';

/** Rules that are kept in what is read of a fleet. */
export const IN_FLEET: readonly Mutation[] = [
  {
    rule: 'each change is preceded by a fresh read',
    story: 'LaggingReads',
    file: 'fleet/fresh.ts',
    from: 'const associations = await fleet.describeWorkspaceAssociations(workspaceId);',
    to: 'const associations = ((globalThis as any).readBefore ??= new Map()).get(workspaceId) ?? (await fleet.describeWorkspaceAssociations(workspaceId)); (globalThis as any).readBefore.set(workspaceId, associations);',
  },
];

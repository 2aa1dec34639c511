import type { Mutation } from './mutation.ts';

/** Rules that src/inventory implements. */
export const INVENTORY_MUTATIONS: readonly Mutation[] = [
  {
    rule: 'Each change follows a fresh read',
    scenario: 'StaleReads',
    file: 'inventory/readThrough.ts',
    from: 'const associations = await fleet.describeWorkspaceAssociations(workspaceID);',
    to: 'const associations = ((globalThis as any).readBefore ??= new Map()).get(workspaceID) ?? (await fleet.describeWorkspaceAssociations(workspaceID)); (globalThis as any).readBefore.set(workspaceID, associations);',
  },
];

import type { WatchedPolicy } from './policyWatch.ts';

/** Returns the WorkSpaces whose users the policy waits for, once they are all that it waits for. Failed WorkSpaces don't count. */
export function waitingForUsers({ status }: Pick<WatchedPolicy, 'status'>): string[] {
  const { held = 0, drifted = 0, failed = 0 } = status?.compliance ?? {};
  const waiting = (status?.associations ?? []).filter(({ holdReason }) => holdReason === 'UserConnected');
  return drifted === held + failed && waiting.length === held ? waiting.map(({ workspaceID }) => workspaceID) : [];
}

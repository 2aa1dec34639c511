import type { WatchedPolicy } from './policyWatch.ts';

/** The WorkSpaces whose users are all that a policy waits for: everything else that it asks for is done. */
export function waitingForUsers({ status }: Pick<WatchedPolicy, 'status'>): string[] {
  const { held = 0, drifted = 0, inProgress = 0 } = status?.compliance ?? {};
  const waiting = (status?.associations ?? []).filter(({ holdReason }) => holdReason === 'UserConnected');
  return drifted + inProgress === 0 && waiting.length === held ? waiting.map(({ workspaceID }) => workspaceID) : [];
}

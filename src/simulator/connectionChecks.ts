import type { ConnectionCheck, SimulatedWorkspace } from './simulatedResources.ts';

/** Returns the latest check until a time in epoch milliseconds, or undefined if AWS never checked. */
export function latestCheck(workspace: SimulatedWorkspace, now: number, interval: number): ConnectionCheck | undefined {
  const { isConnectionChecked, connectionCheck } = workspace;
  const due = interval === 0 ? now : Math.floor(now / interval) * interval;
  const isDue = isConnectionChecked && (connectionCheck === undefined || due > connectionCheck.at || interval === 0);
  return isDue ? connectionAt(workspace, due) : connectionCheck;
}

/** Stores the latest check before the connection or the state changes, so that later reads return what it found. */
export function keepLatestCheck(workspace: SimulatedWorkspace, now: number, interval: number): void {
  if (interval > 0) {
    workspace.connectionCheck = latestCheck(workspace, now, interval);
  }
}

/** Returns what a check at a time finds. */
export function connectionAt(
  { state, connection, lastConnected }: Pick<SimulatedWorkspace, 'state' | 'connection' | 'lastConnected'>,
  at: number,
): ConnectionCheck {
  const connectionState = state === 'STOPPED' ? 'UNKNOWN' : connection;
  return { at, connectionState, lastConnected: connectionState === 'CONNECTED' ? at : lastConnected };
}

import type { CallRate } from '../policy/workspaceFleet.ts';
import type { QuotaView } from './quota.ts';

/** Maximum number of calls to AWS for a WorkSpace within a rollout, from the first read to the end of the deployment. */
const CALLS_PER_WORKSPACE = 4.6;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Durations under a minute are rounded up to this. */
const SHORT_STEP_MS = 10_000;

/** Remaining work of a rollout. */
export interface RemainingWork {
  /** Number of WorkSpaces with changes that AWS hasn't started. */
  readonly workspaces: number;
  readonly disassociations: number;
}

/** What limits the speed of a rollout. */
export interface RolloutLimits {
  readonly callsPerSecond: CallRate['callsPerSecond'];
  /** Maximum number of disassociations per hour. Undefined if it is unlimited. */
  readonly disassociationsPerHour: QuotaView['limit'];
}

/**
 * Returns how long a rollout takes at the allowed rate, in milliseconds, rounded up. It doesn't include waits for windows, users,
 * approvals, and deployments, which nothing predicts.
 */
export function rolloutDuration(
  { workspaces, disassociations }: RemainingWork,
  { callsPerSecond, disassociationsPerHour }: RolloutLimits,
): number {
  const callsMs = ((workspaces * CALLS_PER_WORKSPACE) / callsPerSecond) * 1_000;
  const quotaMs =
    disassociationsPerHour === undefined
      ? 0
      : Math.max(0, Math.ceil(disassociations / Math.max(1, disassociationsPerHour)) - 1) * HOUR_MS;
  const durationMs = Math.max(callsMs, quotaMs);
  const step = durationMs < MINUTE_MS ? SHORT_STEP_MS : MINUTE_MS;
  return Math.ceil(durationMs / step) * step;
}

import type { Fault, FaultKind } from './faults.ts';
import type { Rng } from './rng.ts';
import { MINUTE } from './schedule.ts';

/** Kinds of faults of random schedules. The others only occur in scenarios. */
type RandomFault = Exclude<FaultKind, 'AuditLogFull' | 'QueueUnavailable'>;

/** Possible values of each kind of fault: rates, the maximum duration in milliseconds, and amounts. */
const FAULT_RANGES: Readonly<
  Record<
    RandomFault,
    { readonly rate: readonly number[]; readonly maxMs: number; readonly amounts?: readonly number[] }
  >
> = {
  Throttled: { rate: [0.2, 0.6], maxMs: 10 * MINUTE },
  ServerError: { rate: [0.1, 0.4, 1], maxMs: 5 * MINUTE },
  Reset: { rate: [0.1, 0.4, 1], maxMs: 5 * MINUTE },
  LostResponse: { rate: [0.1, 0.5, 1], maxMs: 10 * MINUTE },
  Timeout: { rate: [0.1, 0.3], maxMs: 5 * MINUTE },
  SlowResponses: { rate: [0.3, 1], maxMs: 5 * MINUTE, amounts: [500, 5_000, 20_000] },
  StaleReads: { rate: [0.3, 1], maxMs: 15 * MINUTE, amounts: [2_000, 10_000, 30_000] },
  ChangesDenied: { rate: [0.3, 1], maxMs: 3 * MINUTE },
  DeploymentsRejected: { rate: [0.3, 1], maxMs: 2 * MINUTE, amounts: [0, 1, 2] },
  AccessDenied: { rate: [0.1, 1], maxMs: 3 * MINUTE },
  RepeatedToken: { rate: [0.3, 1], maxMs: 5 * MINUTE },
  TruncatedPages: { rate: [0.3], maxMs: 5 * MINUTE },
  EmptyResponses: { rate: [0.1, 0.5], maxMs: 5 * MINUTE },
  DeploymentFails: { rate: [0.3, 1], maxMs: 2 * MINUTE, amounts: [0, 1, 2, 3, 4, 5] },
  NoIdentity: { rate: [0.5, 1], maxMs: 10 * MINUTE },
  ApiErrors: { rate: [0.1, 0.3, 1], maxMs: 3 * MINUTE },
  ApiSilence: { rate: [1], maxMs: 5 * MINUTE },
  SilentWatches: { rate: [1], maxMs: 5 * MINUTE },
  StatusRejected: { rate: [0.5, 1], maxMs: 5 * MINUTE },
  LostWrites: { rate: [0.2, 0.6], maxMs: 5 * MINUTE },
  LateEvents: { rate: [1], maxMs: 10 * MINUTE, amounts: [500, 5_000, 30_000] },
  WatchesExpired: { rate: [1], maxMs: 0 },
  StaleLists: { rate: [1], maxMs: 10 * MINUTE, amounts: [3, 20, 100] },
  Crash: { rate: [1], maxMs: 0, amounts: [0] },
  CrashOnRemoval: { rate: [0.3], maxMs: 3 * MINUTE },
  Restart: { rate: [1], maxMs: 0 },
  SecondReplica: { rate: [1], maxMs: 15 * MINUTE },
  Pause: { rate: [1], maxMs: MINUTE },
  ClockJump: { rate: [1], maxMs: 0, amounts: [-3_600_000, -60_000, 60_000, 3_600_000] },
};
const FAULT_KINDS = Object.keys(FAULT_RANGES) as RandomFault[];
/** Number of boundaries in which a schedule makes most of its changes. */
const MAX_BOUNDARY = 700;

/**
 * Draws the kinds, times, durations, and rates of the faults of a schedule. `last` is the end of the span in
 * milliseconds.
 */
export function drawFaults(rng: Rng, last: number): Fault[] {
  const faults: Fault[] = [];
  for (let index = 0, count = rng.number(1, 7); index < count; index++) {
    const kind = rng.chance(0.25) ? 'Crash' : rng.one(FAULT_KINDS);
    const { rate, maxMs, amounts = [0] } = FAULT_RANGES[kind];
    faults.push({
      kind,
      at: rng.number(0, rng.chance(0.6) ? Math.min(last, 4 * MINUTE) : last),
      for: maxMs === 0 ? 1 : rng.number(1_000, maxMs),
      rate: rng.one(rate),
      amount: kind === 'Crash' ? rng.number(1, MAX_BOUNDARY) : rng.one(amounts),
    });
  }
  return faults;
}

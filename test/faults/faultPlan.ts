import type { Fault, FaultKind } from './faults.ts';
import type { Rng } from './rng.ts';
import { MINUTE } from './schedule.ts';

/** What can go wrong at which rate, for how long at most, and how much. */
const FAULTS: Readonly<
  Record<
    FaultKind,
    { readonly rate: readonly number[]; readonly longest: number; readonly amounts?: readonly number[] }
  >
> = {
  Throttled: { rate: [0.2, 0.6], longest: 10 * MINUTE },
  ServerError: { rate: [0.1, 0.4, 1], longest: 5 * MINUTE },
  Reset: { rate: [0.1, 0.4, 1], longest: 5 * MINUTE },
  LostAnswer: { rate: [0.1, 0.5, 1], longest: 10 * MINUTE },
  Timeout: { rate: [0.1, 0.3], longest: 5 * MINUTE },
  SlowAnswers: { rate: [0.3, 1], longest: 5 * MINUTE, amounts: [500, 5_000, 20_000] },
  StaleReads: { rate: [0.3, 1], longest: 15 * MINUTE, amounts: [2_000, 10_000, 30_000] },
  ChangesDenied: { rate: [0.3, 1], longest: 3 * MINUTE },
  AccessDenied: { rate: [0.1, 1], longest: 3 * MINUTE },
  RepeatedToken: { rate: [0.3, 1], longest: 5 * MINUTE },
  TruncatedPages: { rate: [0.3], longest: 5 * MINUTE },
  EmptyBodies: { rate: [0.1, 0.5], longest: 5 * MINUTE },
  DeploymentFails: { rate: [0.3, 1], longest: 2 * MINUTE, amounts: [0, 1, 2, 3, 4, 5] },
  NoIdentity: { rate: [0.5, 1], longest: 10 * MINUTE },
  ApiErrors: { rate: [0.1, 0.3, 1], longest: 3 * MINUTE },
  ApiSilent: { rate: [1], longest: 5 * MINUTE },
  DeafWatches: { rate: [1], longest: 5 * MINUTE },
  StatusRefused: { rate: [0.5, 1], longest: 5 * MINUTE },
  LostWrites: { rate: [0.2, 0.6], longest: 5 * MINUTE },
  LateEvents: { rate: [1], longest: 10 * MINUTE, amounts: [500, 5_000, 30_000] },
  WatchesExpired: { rate: [1], longest: 0 },
  StaleLists: { rate: [1], longest: 10 * MINUTE, amounts: [3, 20, 100] },
  Crash: { rate: [1], longest: 0, amounts: [0] },
  CrashOnRemoval: { rate: [0.3], longest: 3 * MINUTE },
  Restart: { rate: [1], longest: 0 },
  SecondReplica: { rate: [1], longest: 15 * MINUTE },
  Freeze: { rate: [1], longest: MINUTE },
  ClockSet: { rate: [1], longest: 0, amounts: [-3_600_000, -60_000, 60_000, 3_600_000] },
};
const KINDS = Object.keys(FAULTS) as FaultKind[];
/** So many boundaries of calls a story has before most of its changes are made. */
const BOUNDARIES = 700;

/** What goes wrong, and how often and how long. */
export function faultsOf(rng: Rng, last: number): Fault[] {
  const faults: Fault[] = [];
  for (let index = 0, count = rng.number(1, 7); index < count; index++) {
    const kind = rng.chance(0.25) ? 'Crash' : rng.one(KINDS);
    const { rate, longest, amounts = [0] } = FAULTS[kind];
    faults.push({
      kind,
      at: rng.number(0, rng.chance(0.6) ? Math.min(last, 4 * MINUTE) : last),
      for: longest === 0 ? 1 : rng.number(1_000, longest),
      rate: rng.one(rate),
      amount: kind === 'Crash' ? rng.number(1, BOUNDARIES) : rng.one(amounts),
    });
  }
  return faults;
}

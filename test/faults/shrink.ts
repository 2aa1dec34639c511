import { violationsIn } from './check.ts';
import type { Schedule } from './schedule.ts';
import type { Until } from './simulation.ts';
import type { Rule } from './violation.ts';

/** Omits actions and faults of a schedule by their position. Faults follow the actions. */
export function omitting(schedule: Schedule, omitted: ReadonlySet<number>): Schedule {
  const { actions, faults } = schedule;
  return {
    ...schedule,
    actions: actions.filter((_, index) => !omitted.has(index)),
    faults: faults.filter((_, index) => !omitted.has(actions.length + index)),
  };
}

/**
 * Returns the positions that a schedule can omit and still violate the same rule. Omits halves, then quarters,
 * down to single positions, within a budget of `runs` simulations.
 */
export async function shrink(schedule: Schedule, rule: Rule, runs = 60): Promise<ReadonlySet<number>> {
  const total = schedule.actions.length + schedule.faults.length;
  const until = untilFor(rule);
  let omitted: ReadonlySet<number> = new Set();
  let budget = runs;
  for (let size = Math.ceil(total / 2); size >= 1 && budget > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < total && budget > 0; from += size) {
      const candidate = new Set([
        ...omitted,
        ...Array.from({ length: Math.min(size, total - from) }, (_, index) => from + index),
      ]);
      if (candidate.size > omitted.size) {
        budget--;
        const violations = await violationsIn(omitting(schedule, candidate), until);
        omitted = violations.some((one) => one.rule === rule) ? candidate : omitted;
      }
    }
  }
  return omitted;
}

function untilFor(rule: Rule): Until {
  if (rule === 'ChangeOnQuietDay') {
    return 'QuietDay';
  }
  return rule === 'MissingConvergence' || rule === 'DifferentOutcome' ? 'Convergence' : 'FaultsEnd';
}

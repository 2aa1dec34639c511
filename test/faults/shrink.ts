import { violationsIn } from './check.ts';
import type { Schedule } from './schedule.ts';

/** The parts of a schedule that can be left out, by their position: what happens, then what goes wrong. */
export function without(schedule: Schedule, left: ReadonlySet<number>): Schedule {
  const { happenings, faults } = schedule;
  return {
    ...schedule,
    happenings: happenings.filter((_, index) => !left.has(index)),
    faults: faults.filter((_, index) => !left.has(happenings.length + index)),
  };
}

/**
 * A schedule that breaks the same rule with as few parts as can be found in so many runs: leaves out halves, then quarters, down to single
 * parts. Returns the positions of what is left out.
 */
export async function shrink(schedule: Schedule, rule: string, runs = 60): Promise<ReadonlySet<number>> {
  const total = schedule.happenings.length + schedule.faults.length;
  const until =
    rule === 'AtRest' ? 'Rest' : rule === 'Converges' || rule === 'SameAsWithoutFaults' ? 'Outcome' : 'Scenario';
  let left: ReadonlySet<number> = new Set();
  let budget = runs;
  for (let size = Math.ceil(total / 2); size >= 1 && budget > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < total && budget > 0; from += size) {
      const more = new Set([
        ...left,
        ...Array.from({ length: Math.min(size, total - from) }, (_, index) => from + index),
      ]);
      if (more.size > left.size) {
        budget--;
        const violations = await violationsIn(without(schedule, more), until);
        left = violations.some((one) => one.rule === rule) ? more : left;
      }
    }
  }
  return left;
}

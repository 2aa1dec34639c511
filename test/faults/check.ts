import { lastExpiry, MINUTE, type Schedule } from './schedule.ts';
import { type Run, simulate, type Until } from './simulation.ts';
import type { Violation } from './watcher.ts';

/**
 * Every rule that a schedule's run breaks. What nobody but the operator changes has to end as it does without faults, with as many calls
 * for each association.
 */
export async function violationsIn(schedule: Schedule, until: Until = untilOf(schedule)): Promise<Violation[]> {
  const run = await simulate(schedule, until);
  if (
    until === 'Scenario' ||
    !schedule.isQuiet ||
    dependsOnOrder(schedule) ||
    run.violations.length > 0 ||
    schedule.faults.length === 0
  ) {
    return [...run.violations];
  }
  return differencesBetween(run, await simulate(withoutFaults(schedule), 'Outcome'));
}

/** How far a seed's schedule is run: a day at rest takes longer than all that comes before, so only every eighth has one. */
export function untilOf({ seed }: Schedule): Until {
  return seed % 8 === 0 ? 'Rest' : 'Outcome';
}

/** What waits for people to deploy holds up other policies, or doesn't if these were faster. */
function dependsOnOrder({ happenings }: Schedule): boolean {
  return happenings.some(({ act }) => act.do === 'Apply' && act.spec.rollout?.deploy === 'Manual');
}

/** Nothing goes wrong, so that it needn't take as long. */
function withoutFaults(schedule: Schedule): Schedule {
  return { ...schedule, faults: [], ends: lastExpiry(schedule.happenings) + MINUTE };
}

/** What a run came to otherwise than the one without faults did. */
export function differencesBetween(run: Run, without: Run): Violation[] {
  const differences = [
    ...without.violations.map(({ rule, message }) => `without faults, ${rule}: ${message}`),
    ...differencesOf('ends as', without.end, run.end, run.failedOn),
    ...differencesOf('calls', without.counts, run.counts, run.failedOn),
  ];
  return differences.map((message) => ({ rule: 'SameAsWithoutFaults', at: 0, message }));
}

function differencesOf<T>(
  what: string,
  expected: ReadonlyMap<string, T>,
  found: ReadonlyMap<string, T>,
  except: ReadonlySet<string>,
): string[] {
  return [...new Set([...expected.keys(), ...found.keys()])]
    .sort()
    .filter((key) => expected.get(key) !== found.get(key) && !key.split(' ').some((word) => except.has(word)))
    .map(
      (key) => `${key} ${what} ${found.get(key) ?? 'nothing'}, and ${expected.get(key) ?? 'nothing'} without faults`,
    );
}

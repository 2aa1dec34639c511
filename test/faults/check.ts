import { lastExpiryIn, MINUTE, type Schedule } from './schedule.ts';
import { type Run, simulate, type Until } from './simulation.ts';
import type { Violation } from './violation.ts';

/**
 * Returns every violation of a schedule's run. If only the operator changes the world, the run must also end
 * like a run without faults, with the same number of calls for each association.
 */
export async function violationsIn(schedule: Schedule, until: Until = untilOf(schedule)): Promise<Violation[]> {
  const run = await simulate(schedule, until);
  if (
    until === 'FaultsEnd' ||
    !schedule.isQuiet ||
    dependsOnTime(schedule) ||
    run.violations.length > 0 ||
    schedule.faults.length === 0
  ) {
    return [...run.violations];
  }
  return differencesBetween(run, await simulate(withoutFaults(schedule), 'Convergence'));
}

/**
 * How far the schedule of a seed is simulated. A quiet day takes longer than everything before it, so only every
 * eighth schedule has one.
 */
function untilOf({ seed }: Schedule): Until {
  return seed % 8 === 0 ? 'QuietDay' : 'Convergence';
}

/**
 * Whether the outcome depends on the time of changes: a WorkSpace that waits for a manual deployment may block other policies, a deployment that
 * interrupts a user ends the wait of other policies, and an approval doesn't count while the clock is set back and reads fail.
 */
function dependsOnTime({ actions, faults, fleet }: Schedule): boolean {
  const specs = actions.flatMap(({ action }) => (action.do === 'Apply' ? [action.spec] : []));
  const isConnected = fleet.workspaces?.some(({ connection }) => connection === 'CONNECTED');
  const interrupts = specs.map(({ rollout }) => rollout?.userSessions === 'Interrupt');
  return (
    specs.some(({ rollout }) => rollout?.deploy === 'Manual') ||
    (isConnected === true && interrupts.includes(true) && interrupts.includes(false)) ||
    (actions.some(({ action }) => action.do === 'Approve') && faults.some(({ kind }) => kind === 'ClockJump'))
  );
}

/** Ends sooner, because nothing fails. */
function withoutFaults(schedule: Schedule): Schedule {
  return { ...schedule, faults: [], ends: lastExpiryIn(schedule.actions) + MINUTE };
}

/** Returns the differences between the outcome of a run and that of a run without faults. */
export function differencesBetween(run: Run, faultless: Run): Violation[] {
  const differences = [
    ...faultless.violations.map(({ rule, message }) => `without faults: ${rule}: ${message}`),
    ...differencesOf('ends in state', faultless.end, run.end, run.failedOn),
    ...differencesOf('number of calls:', faultless.counts, run.counts, run.failedOn),
  ];
  return differences.map((message) => ({ rule: 'DifferentOutcome', at: 0, message }));
}

function differencesOf<T>(
  what: string,
  expected: ReadonlyMap<string, T>,
  actual: ReadonlyMap<string, T>,
  ignored: ReadonlySet<string>,
): string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])]
    .sort()
    .filter((key) => expected.get(key) !== actual.get(key) && !key.split(' ').some((word) => ignored.has(word)))
    .map((key) => `${key} ${what} ${actual.get(key) ?? 'none'}, but ${expected.get(key) ?? 'none'} without faults`);
}

import { expect, test } from 'vitest';
import { OFFICE, VISIO } from './applications.ts';
import { sameWorkspaces } from './randomWorkspaces.ts';
import { Rng } from './rng.ts';
import { Draft, SECOND } from './scenarios/draft.ts';
import type { Schedule } from './schedule.ts';
import { scheduleOf } from './scheduleOf.ts';
import { simulate } from './simulation.ts';

/** Returns a schedule in which a fleet gets a quota of two disassociations while a run makes ten. */
function scheduleWithQuotaAt(time: number): Schedule {
  const draft = new Draft(new Rng(1))
    .fleet(0)
    .policy(0, 'first', { applications: { denied: [VISIO, OFFICE] } })
    .fleet(time, { maxDisassociationsPerHour: 2 });
  const { actions, faults } = draft;
  const base = scheduleOf(1);
  const fleet = { ...base.fleet, workspaces: sameWorkspaces(draft.rng, 5), rateLimit: { callsPerSecond: 0 } };
  return { ...base, isQuiet: false, ends: 10 * SECOND, fleet, pageSize: 25, actions, faults };
}

test('a quota stops a run as soon as the process has received it, and not before', {
  timeout: 180_000,
}, async () => {
  const made = new Set<number>();
  for (let time = 5_500; time < 8_000; time += 25) {
    const { violations, counts } = await simulate(scheduleWithQuotaAt(time), 'FaultsEnd');
    expect.soft(violations, `quota set after ${time} ms`).toEqual([]);
    made.add([...counts].filter(([key]) => key.startsWith('Disassociate')).reduce((sum, [, count]) => sum + count, 0));
  }
  // The quota stops the runs after different numbers of removals.
  expect([...made].sort((a, b) => a - b).slice(0, 5)).toEqual([2, 3, 4, 5, 6]);
});

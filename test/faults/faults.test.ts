import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { violationsIn } from './check.ts';
import { runWithoutKill, violationsWhenKilledAt } from './kills.ts';
import { MUTATIONS } from './mutations/index.ts';
import { scheduleOf } from './scheduleOf.ts';
import { omitting, shrink } from './shrink.ts';
import { simulate } from './simulation.ts';

const TIMEOUT_MS = 180_000;

test('the same seed gives the same run, byte for byte', { timeout: TIMEOUT_MS }, async () => {
  const first = await simulate(scheduleOf(8), 'Convergence');
  const second = await simulate(scheduleOf(8), 'Convergence');
  expect(second.trace).toBe(first.trace);
  expect(first.counts.size).toBeGreaterThan(0);
});

test('whatever goes wrong, no rule is broken', { timeout: TIMEOUT_MS }, async () => {
  for (let seed = 1; seed <= 30; seed++) {
    expect
      .soft(await violationsIn(scheduleOf(seed), seed === 4 ? 'QuietDay' : 'Convergence'), `seed ${seed}`)
      .toEqual([]);
  }
});

test('a process that is killed leaves nothing undone and nothing done twice', { timeout: TIMEOUT_MS }, async () => {
  const expected = await runWithoutKill();
  expect(expected.counts.size).toBe(26);
  for (let boundary = 40; boundary < expected.boundariesToLastChange; boundary += 97) {
    expect.soft(await violationsWhenKilledAt(boundary, expected), `killed at ${boundary}`).toEqual([]);
  }
});

test('a schedule that breaks a rule is shown without what has nothing to do with it', {
  timeout: TIMEOUT_MS,
}, async () => {
  const schedule = scheduleOf(4);
  const withoutFleet = { ...schedule, actions: schedule.actions.filter(({ action }) => action.do !== 'Approve') };
  const left = await shrink(withoutFleet, 'MissingApproval', 3);
  expect(omitting(withoutFleet, left)).toEqual(withoutFleet);
});

test('every hold can be switched off', async () => {
  const source = await readFile(new URL('../../src/plan/holds/index.ts', import.meta.url), 'utf8');
  const holds = /const HOLDS: .*? = \[(.*?)\];/s.exec(source)?.[1]?.match(/\w+/g) ?? [];
  const switchedOff = MUTATIONS.flatMap(({ from, also = [] }) => [from, ...also.map((one) => one.from)]);
  expect(holds.length).toBeGreaterThan(15);
  expect(holds.filter((hold) => !switchedOff.includes(`  ${hold},\n`))).toEqual([]);
});

test.each(MUTATIONS)('switches off that $rule', async ({ file, from, also = [] }) => {
  for (const one of [{ file, from }, ...also]) {
    const source = await readFile(new URL(`../../src/${one.file}`, import.meta.url), 'utf8');
    expect(source.split(one.from)).toHaveLength(2);
  }
});

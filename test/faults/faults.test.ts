import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { violationsIn } from './check.ts';
import { runWithoutKill, violationsWhenKilledAt } from './kills.ts';
import { MUTATIONS } from './mutations/index.ts';
import { SCENARIOS } from './scenarios/index.ts';
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

test('the operator violates no rule in 30 schedules of faults', { timeout: TIMEOUT_MS }, async () => {
  for (let seed = 1; seed <= 30; seed++) {
    expect
      .soft(await violationsIn(scheduleOf(seed), seed === 4 ? 'QuietDay' : 'Convergence'), `seed ${seed}`)
      .toEqual([]);
  }
});

test('a killed process neither loses nor repeats a change', { timeout: TIMEOUT_MS }, async () => {
  const expected = await runWithoutKill();
  expect(expected.counts.size).toBe(26);
  for (let boundary = 40; boundary < expected.boundariesToLastChange; boundary += 97) {
    expect.soft(await violationsWhenKilledAt(boundary, expected), `killed at ${boundary}`).toEqual([]);
  }
});

test('shrink omits nothing from a schedule that does not violate the rule', {
  timeout: TIMEOUT_MS,
}, async () => {
  const schedule = scheduleOf(4);
  const withoutFleet = { ...schedule, actions: schedule.actions.filter(({ action }) => action.do !== 'Approve') };
  const left = await shrink(withoutFleet, 'MissingApproval', 3);
  expect(omitting(withoutFleet, left)).toEqual(withoutFleet);
});

test('every hold has a mutation that switches it off', async () => {
  const source = await readFile(new URL('../../src/plan/holds/index.ts', import.meta.url), 'utf8');
  const holds = /const HOLDS: .*? = \[(.*?)\];/s.exec(source)?.[1]?.match(/\w+/g) ?? [];
  const switchedOff = MUTATIONS.flatMap(({ from, also = [] }) => [from, ...also.map((one) => one.from)]);
  expect(holds.length).toBeGreaterThan(15);
  expect(holds.filter((hold) => !switchedOff.includes(`  ${hold},\n`))).toEqual([]);
});

test('every scenario has a unique name', async () => {
  const folder = new URL('scenarios/', import.meta.url);
  const sources = await Promise.all((await readdir(folder)).map((file) => readFile(new URL(file, folder), 'utf8')));
  const names = sources.flatMap((source) => [...source.matchAll(/^ {2}(\w+): \(draft\)/gm)].map(([, name]) => name));
  expect(names.sort()).toEqual(Object.keys(SCENARIOS).sort());
});

test.each(MUTATIONS)('the mutation matches the source text once: $rule', async ({ file, from, also = [] }) => {
  for (const one of [{ file, from }, ...also]) {
    const source = await readFile(new URL(`../../src/${one.file}`, import.meta.url), 'utf8');
    expect(source.split(one.from)).toHaveLength(2);
  }
});

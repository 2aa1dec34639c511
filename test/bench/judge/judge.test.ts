import { describe, expect, test } from 'vitest';
import { judge, MEASUREMENTS } from './judge.ts';
import type { Figures, Measurement } from './measurement.ts';
import { tableOfPage } from './page.ts';
import { verdictLine, verdictTable } from './verdictTable.ts';

const measurement: Measurement = {
  forms: ['full'],
  attempts: 3,
  rows: [
    { name: 'Longest step', unit: 'ms CPU', figure: 'longest', before: 76_000, limit: 50 },
    { name: 'Calls', unit: 'calls', figure: 'calls', before: null, limit: 4.6 },
  ],
  measure: () => Promise.reject(new Error('runs in another process')),
};

/** Judges a measurement whose attempts have these figures. */
async function judged(attempts: readonly Figures[], text = '') {
  const left = [...attempts];
  const verdicts = await judge('full', text, async () => left.shift() ?? {}, undefined, { one: measurement });
  return { verdicts, left: left.length };
}

describe('the judge', () => {
  test('accepts figures up to their limit, and reports the values of 77f25b6', async () => {
    const { verdicts, left } = await judged([{ longest: 50, calls: 4.6 }, {}]);
    expect(verdicts).toEqual([
      { name: 'Longest step', unit: 'ms CPU', before: 76_000, now: 50, limit: 50, ok: true },
      { name: 'Calls', unit: 'calls', before: null, now: 4.6, limit: 4.6, ok: true },
    ]);
    expect(left).toBe(1);
  });

  test('rejects a figure that exceeds its limit by less than is displayed', async () => {
    const { verdicts } = await judged([
      { longest: 50.0001, calls: 4 },
      { longest: 51, calls: 4 },
      { longest: 52, calls: 4 },
    ]);
    expect(verdicts.map(({ ok }) => ok)).toEqual([false, true]);
  });

  test('repeats a measurement while a figure exceeds its limit, and keeps the lowest figure of each row', async () => {
    const { verdicts, left } = await judged([
      { longest: 60, calls: 3 },
      { longest: 40, calls: 4 },
      { longest: 1, calls: 1 },
    ]);
    expect(verdicts.map(({ now, ok }) => [now, ok])).toEqual([
      [40, true],
      [3, true],
    ]);
    expect(left).toBe(1);
  });

  test('rejects a measurement that fails or lacks a figure', async () => {
    const { verdicts } = await judged([{ longest: 1 }, { longest: 1 }, { longest: 1, calls: Number.NaN }]);
    expect(verdicts.map(({ now, ok }) => [now, ok])).toEqual([
      [null, false],
      [null, false],
    ]);
    expect(verdictLine(verdicts[1] as (typeof verdicts)[0])).toContain('the measurement has no figure calls');
  });

  test('measures only rows whose name contains the text, and only those of the form', async () => {
    const { verdicts } = await judged([{ longest: 1, calls: 1 }], 'CALLS');
    expect(verdicts.map(({ name }) => name)).toEqual(['Calls']);
    const short = await judge('short', '', () => Promise.reject(new Error('unreachable')), undefined, {
      one: measurement,
    });
    expect(short).toEqual([]);
  });
});

test('every row has its own name and unit', () => {
  for (const form of ['full', 'short'] as const) {
    const rows = Object.values(MEASUREMENTS).flatMap(({ forms, rows }) => (forms.includes(form) ? rows : []));
    const names = rows.map(({ name, unit }) => `${name} (${unit})`);
    expect(new Set(names).size).toBe(names.length);
  }
});

test('the limits that design decisions depend on are part of the gate', () => {
  const limits = new Map(
    Object.values(MEASUREMENTS).flatMap(({ forms, rows }) =>
      forms.includes('short') ? rows.map(({ name, limit }) => [name, limit] as const) : [],
    ),
  );
  expect(limits.get('One of 200 removals in 1,000 WorkSpaces')).toBe(4.6);
  expect(limits.get('100 policies for two of 200 WorkSpaces each, relative to one')).toBe(1.1);
  expect(limits.get('Longest step: 10,000 WorkSpaces, 60 other policies × 100 prefixes')).toBe(50);
});

test('the page contains every row with its limit and its figure of 77f25b6', async () => {
  const rows = Object.values(MEASUREMENTS).flatMap(({ forms, rows }) => (forms.includes('full') ? rows : []));
  const expected = verdictTable(rows.map((row) => ({ ...row, now: null, ok: true })))
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.slice(2, -2).split(' | '));
  const constant = ([name, unit, before, , limit]: readonly string[]) => [name, unit, before, limit];
  const page = await tableOfPage();
  expect(page.map(constant)).toEqual(expected.map(constant));
  expect(page.filter(([, , , now]) => now === undefined || !/\d/.test(now))).toEqual([]);
});

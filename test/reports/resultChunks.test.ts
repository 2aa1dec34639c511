import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/plan/plan.ts';
import { chunksOf, type ResultChunk } from '../../src/reports/resultChunks.ts';
import type { ReportResult } from '../../src/reports/results.ts';
import type { Assessment } from '../../src/status/assessment.ts';
import { ws } from '../builders.ts';

const KINDS = ['fail', 'error', 'skip', 'pass'] as const;

function row(n: number, applicationID = 'wsa-1'): Assessment {
  const association = { workspaceID: ws(n), applicationID };
  const finding = { association, workspace: { workspaceID: ws(n) } } as unknown as Finding;
  return { finding, severity: 'Drifted', action: 'None', held: undefined, message: '', retries: 0 };
}

function resultOf({ finding: { association } }: Assessment): ReportResult {
  const { workspaceID, applicationID } = association;
  return {
    message: `${workspaceID} ${applicationID}`,
    result: KINDS[Number(workspaceID.slice(-1)) % KINDS.length],
  } as ReportResult;
}

const rowsTo = (count: number) => Array.from({ length: count }, (_, n) => row(n));
const chunked = (rows: readonly Assessment[], limits?: Parameters<typeof chunksOf>[2]) => [
  ...chunksOf(rows, resultOf, limits),
];
const messages = (chunks: readonly ResultChunk[]) => chunks.flatMap(({ results }) => results.map((one) => one.message));

/** Returns the chunks of `a` that aren't identical to a chunk of `b`. */
function differing(a: readonly ResultChunk[], b: readonly ResultChunk[]): ResultChunk[] {
  const known = new Set(b.map((chunk) => JSON.stringify(chunk)));
  return a.filter((chunk) => !known.has(JSON.stringify(chunk)));
}

test('one chunk holds what fits, sorted by WorkSpace and application; no results need no chunk', () => {
  expect(chunked([])).toEqual([]);
  const [only, ...more] = chunked([row(2), row(1, 'wsa-2'), row(1)]);
  expect(more).toEqual([]);
  expect(only?.prefix).toBe('');
  expect(only?.results.map(({ message }) => message)).toEqual([`${ws(1)} wsa-1`, `${ws(1)} wsa-2`, `${ws(2)} wsa-1`]);
  expect(chunked(rowsTo(500))).toHaveLength(1);
  expect(chunked(rowsTo(501)).length).toBeGreaterThan(1);
});

test('20,000 results are in chunks of at most 500, each once, and the summaries add up', () => {
  const chunks = chunked(rowsTo(20_000));
  expect(Math.max(...chunks.map(({ results }) => results.length))).toBeLessThanOrEqual(500);
  expect(chunks.length).toBeLessThan(80);
  expect(new Set(messages(chunks)).size).toBe(20_000);
  expect(messages(chunks)).toHaveLength(20_000);
  const total = (kind: 'fail' | 'error' | 'skip' | 'pass') =>
    chunks.reduce((sum, { summary }) => sum + summary[kind], 0);
  expect(KINDS.map(total)).toEqual([6_000, 6_000, 4_000, 4_000]);
  expect(new Set(chunks.map(({ prefix }) => prefix)).size).toBe(chunks.length);
});

describe('a change affects few chunks', () => {
  test('a WorkSpace that becomes compliant changes only its own chunk, or joins two halves', () => {
    const rows = rowsTo(2_000);
    const before = chunked(rows);
    for (let gone = 0; gone < 20; gone++) {
      const after = chunked(rows.toSpliced(gone * 100, 1));
      expect(differing(after, before)).toHaveLength(1);
      expect(differing(before, after).length).toBeLessThanOrEqual(2);
    }
  });

  test('the order of the results does not matter', () => {
    const rows = rowsTo(1_200);
    expect(chunked(rows.toReversed())).toEqual(chunked(rows));
  });

  test('every set of results has one division', () => {
    const limits = { results: 5, bytes: 1_000_000 };
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 60 }), fc.nat(200), (numbers, added) => {
        const before = chunked(
          numbers.map((n) => row(n)),
          limits,
        );
        const after = chunked(
          [...new Set([...numbers, added])].map((n) => row(n)),
          limits,
        );
        expect(messages(before).sort()).toEqual(numbers.map((n) => `${ws(n)} wsa-1`).sort());
        const moved = differing(before, after).flatMap(({ prefix }) => prefix);
        expect(moved.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

test('a chunk that is too large for etcd is split, down to single results', () => {
  const each = JSON.stringify(resultOf(row(1))).length;
  const chunks = chunked(rowsTo(100), { results: 500, bytes: each * 10 });
  expect(messages(chunks)).toHaveLength(100);
  for (const { results } of chunks) {
    expect(JSON.stringify(results).length).toBeLessThanOrEqual(each * 10);
  }
  expect(chunked(rowsTo(3), { results: 500, bytes: 1 })).toHaveLength(3);
});

test('the results of a WorkSpace that exceed a chunk are split by application', () => {
  const rows = Array.from({ length: 12 }, (_, n) => row(1, `wsa-${n}`));
  const chunks = chunked(rows, { results: 5, bytes: 1_000_000 });
  expect(messages(chunks)).toHaveLength(12);
  expect(Math.max(...chunks.map(({ results }) => results.length))).toBeLessThanOrEqual(5);
});

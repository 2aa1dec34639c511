import { hash } from 'node:crypto';
import { type Assessment, assessmentKey } from '../status/assessment.ts';
import type { ReportResult } from './results.ts';

/** The results that one report object holds. */
export interface ResultChunk {
  /** Which of the chunks it is: the first bits that the hashes of all its results share; empty where one chunk holds all. */
  readonly prefix: string;
  /** By WorkSpace, then by application. */
  readonly results: readonly ReportResult[];
  /** How many of its results there are of each kind. */
  readonly summary: Readonly<Record<'pass' | 'fail' | 'warn' | 'error' | 'skip', number>>;
}

/** What one object may hold. etcd takes no more than 1.5 MiB at once. */
const LIMITS = { results: 500, bytes: 1_000_000 };

/** A row, and where it belongs: its WorkSpace's hash, then its application's, of 32 bits each. */
interface Placed {
  readonly row: Assessment;
  readonly key: string;
  readonly hashes: readonly [workspace: number, application: number];
}
const BITS = 64;

/**
 * The results of these rows in bounded chunks, built as they are taken. Each has its place by hash: a chunk that is full splits in two,
 * two halves that fit into one are one, and no result of another chunk moves.
 */
export function* chunksOf(
  assessments: readonly Assessment[],
  resultOf: (row: Assessment) => ReportResult,
  limits = LIMITS,
): Generator<ResultChunk, void, undefined> {
  const hashes = new Map<string, number>();
  const hashOf = (id: string) => {
    const known = hashes.get(id) ?? hash('sha256', id, 'buffer').readUInt32BE();
    hashes.set(id, known);
    return known;
  };
  const placed = assessments.map((row) => {
    const { workspaceID, applicationID } = row.finding.association;
    return { row, key: assessmentKey(row), hashes: [hashOf(workspaceID), hashOf(applicationID)] as const };
  });
  placed.sort((a, b) => (a.key < b.key ? -1 : 1));
  yield* split(placed, '', resultOf, limits);
}

function* split(
  placed: readonly Placed[],
  prefix: string,
  resultOf: (row: Assessment) => ReportResult,
  limits: typeof LIMITS,
): Generator<ResultChunk, void, undefined> {
  if (placed.length === 0) {
    return;
  }
  const isLast = placed.length === 1 || prefix.length === BITS;
  if (placed.length <= limits.results || isLast) {
    const results = placed.map(({ row }) => resultOf(row));
    if (isLast || Buffer.byteLength(JSON.stringify(results)) <= limits.bytes) {
      yield { prefix, results, summary: summaryOf(results) };
      return;
    }
  }
  const [zeros, ones] = [0, 1].map((bit) => placed.filter((one) => bitOf(one, prefix.length) === bit));
  yield* split(zeros ?? [], `${prefix}0`, resultOf, limits);
  yield* split(ones ?? [], `${prefix}1`, resultOf, limits);
}

function bitOf({ hashes: [workspace, application] }: Placed, position: number): number {
  return position < 32 ? (workspace >>> (31 - position)) & 1 : (application >>> (63 - position)) & 1;
}

function summaryOf(results: readonly ReportResult[]): ResultChunk['summary'] {
  const summary = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
  for (const { result } of results) {
    summary[result]++;
  }
  return summary;
}

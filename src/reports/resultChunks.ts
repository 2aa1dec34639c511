import { hash } from 'node:crypto';
import { compareBy } from '../compare.ts';
import type { Sequence } from '../sequence.ts';
import { type Assessment, assessmentKey } from '../status/assessment.ts';
import type { ReportResult } from './results.ts';

/** Results of one report object. */
export interface ResultChunk {
  /** Common prefix of the hashes of all its results, in bits; empty if one chunk holds all results. */
  readonly prefix: string;
  /** Results, sorted by WorkSpace and application. */
  readonly results: readonly ReportResult[];
  /** Number of results by outcome. */
  readonly summary: Readonly<Record<'pass' | 'fail' | 'warn' | 'error' | 'skip', number>>;
}

/** Maximum size of one object. etcd accepts requests of up to 1.5 MiB. */
const LIMITS = { results: 500, bytes: 1_000_000 };

/** Assessment with the hashes of its WorkSpace and its application, of 32 bits each. */
interface HashedAssessment {
  readonly assessment: Assessment;
  readonly key: string;
  readonly hashes: readonly [workspace: number, application: number];
}
const BITS = 64;

/**
 * Yields the results of assessments in bounded chunks. The hash decides on the chunk: a full chunk splits in two, two halves that fit into
 * one chunk become one, and no result of another chunk moves.
 */
export function* chunksOf(
  assessments: Sequence<Assessment>,
  resultOf: (assessment: Assessment) => ReportResult,
  limits = LIMITS,
): Generator<ResultChunk, void, undefined> {
  const hashes = new Map<string, number>();
  const hashOf = (id: string) => {
    const known = hashes.get(id) ?? hash('sha256', id, 'buffer').readUInt32BE();
    hashes.set(id, known);
    return known;
  };
  const hashed = assessments.map((assessment) => {
    const { workspaceID, applicationID } = assessment.finding.association;
    return {
      assessment,
      key: assessmentKey(assessment),
      hashes: [hashOf(workspaceID), hashOf(applicationID)] as const,
    };
  });
  hashed.sort(compareBy(({ key }) => key));
  yield* split(hashed, '', resultOf, limits);
}

function* split(
  hashed: readonly HashedAssessment[],
  prefix: string,
  resultOf: (assessment: Assessment) => ReportResult,
  limits: typeof LIMITS,
): Generator<ResultChunk, void, undefined> {
  if (hashed.length === 0) {
    return;
  }
  const isLast = hashed.length === 1 || prefix.length === BITS;
  if (hashed.length <= limits.results || isLast) {
    const results = hashed.map(({ assessment }) => resultOf(assessment));
    if (isLast || Buffer.byteLength(JSON.stringify(results)) <= limits.bytes) {
      yield { prefix, results, summary: summaryOf(results) };
      return;
    }
  }
  const [zeros, ones] = [0, 1].map((bit) => hashed.filter((one) => bitOf(one, prefix.length) === bit));
  yield* split(zeros ?? [], `${prefix}0`, resultOf, limits);
  yield* split(ones ?? [], `${prefix}1`, resultOf, limits);
}

function bitOf({ hashes: [workspace, application] }: HashedAssessment, position: number): number {
  return position < 32 ? (workspace >>> (31 - position)) & 1 : (application >>> (63 - position)) & 1;
}

function summaryOf(results: readonly ReportResult[]): ResultChunk['summary'] {
  const summary = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
  for (const { result } of results) {
    summary[result]++;
  }
  return summary;
}

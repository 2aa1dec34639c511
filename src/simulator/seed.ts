import { type Document, LineCounter, parseDocument } from 'yaml';
import type { PolicyDocument } from '../aws/permissions.ts';
import { sanitize } from '../sanitize.ts';
import { MAX_FLEET_BYTES, readTextFile, TextFileError } from '../textFile.ts';
import { AWS_APPLICATIONS } from './catalog.ts';
import type { Fault } from './faults.ts';
import { generate } from './generate.ts';
import { IAM_POLICY_SCHEMA } from './iamPolicySchema.ts';
import type { Durations } from './lifecycle.ts';
import type { RateLimit } from './rateLimit.ts';
import { problemsOf, type SeedProblem, showPath } from './schema.ts';
import { consistencyProblems } from './seedConsistency.ts';
import {
  type ApplicationDocument,
  type BundleDocument,
  type ImageDocument,
  type QueueDocument,
  SEED_SCHEMA,
  type SeedDocument,
  type SimulatedRole,
  type WorkspaceDocument,
} from './seedDocument.ts';
import { UNDOCUMENTED_DEFAULTS, type Undocumented } from './undocumented.ts';

/** Start of a simulation: a validated seed file with all defaults. */
export interface Seed {
  readonly region: string;
  readonly accountID: string;
  readonly roles: readonly SimulatedRole[];
  /** IAM policy of the callers. Undefined for all permissions. */
  readonly iamPolicy: PolicyDocument | undefined;
  readonly randomSeed: number;
  readonly rateLimit: RateLimit;
  /** Rate limit of the Resource Groups Tagging API. */
  readonly taggingRateLimit: RateLimit;
  readonly undocumented: Undocumented;
  readonly durations: Durations;
  readonly applications: readonly ApplicationDocument[];
  readonly bundles: readonly BundleDocument[];
  readonly images: readonly ImageDocument[];
  /** SQS queues. */
  readonly queues: readonly QueueDocument[];
  /** Listed WorkSpaces, followed by generated ones. */
  readonly workspaces: readonly WorkspaceDocument[];
  readonly faults: readonly Fault[];
}

/** Error in a seed. Each problem is one line with file, line, column, path, and how to fix it. */
export class SeedError extends Error {
  override readonly name = 'SeedError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const [first = 'the seed is invalid', ...others] = problems;
    super(others.length === 0 ? first : `${first} (and ${others.length} more)`);
    this.problems = problems;
  }
}

/** Reads a seed file. Throws a SeedError if it can't be read or is invalid. */
export async function readSeed(file: string): Promise<Seed> {
  return parseSeed(await textOf(file), file);
}

/** Parses the text of a seed file. The file name is for messages. Throws a SeedError. */
export function parseSeed(text: string, file: string): Seed {
  const { content, locate } = parse(text, file);
  return resolve(content, locate);
}

/** Reads an IAM policy. Throws a SeedError if it can't be read or the simulator can't evaluate it. */
export async function readIamPolicy(file: string): Promise<PolicyDocument> {
  const { content, locate } = parse(await textOf(file), file);
  assertNoProblems(problemsOf(content, IAM_POLICY_SCHEMA), locate);
  return content as PolicyDocument;
}

function textOf(file: string): Promise<string> {
  return readTextFile(file, MAX_FLEET_BYTES).catch((error: Error) => {
    throw error instanceof TextFileError ? new SeedError([error.message]) : error;
  });
}

/** Returns the location of a path, for messages. */
type Locate = (path: SeedProblem['path']) => string;

function parse(text: string, file: string): { readonly content: unknown; readonly locate: Locate } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const locationAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${sanitize(file)}:${line}:${col}`;
  };
  const broken = document.errors.map(
    ({ pos, message }) => `${locationAt(pos[0])}: ${sanitize(message.split('\n', 1)[0] ?? '')}`,
  );
  if (broken.length > 0) {
    throw new SeedError(broken);
  }
  // The user trusts the file. The limit on aliases would only reject large fleets.
  return { content: document.toJS({ maxAliasCount: -1 }), locate: (path) => locationAt(offsetOf(document, path)) };
}

/** Returns the seed of an object, as written in tests. Throws a SeedError. */
export function seedFrom(document: SeedDocument): Seed {
  return resolve(document, () => 'seed');
}

/** Throws a SeedError if there is any problem. */
function assertNoProblems(problems: readonly SeedProblem[], locate: Locate): void {
  const lines = problems.map(({ path, text }) => {
    const formatted = showPath(path);
    return `${locate(path)}: ${formatted === '' ? '' : `${formatted}: `}${text}`;
  });
  if (lines.length > 0) {
    throw new SeedError(lines);
  }
}

function resolve(content: unknown, locate: Locate): Seed {
  assertNoProblems(problemsOf(content, SEED_SCHEMA), locate);
  const document = content as SeedDocument;
  assertNoProblems(consistencyProblems(document), locate);

  return {
    region: document.region ?? 'eu-central-1',
    accountID: document.accountID ?? '123456789012',
    roles: document.roles ?? [],
    iamPolicy: document.iamPolicy,
    randomSeed: document.randomSeed ?? 1,
    rateLimit: { callsPerSecond: 2, burst: 5, ...document.rateLimit },
    taggingRateLimit: { ...TAGGING_RATE_LIMIT, ...document.taggingRateLimit },
    undocumented: { ...UNDOCUMENTED_DEFAULTS, ...document.undocumented },
    durations: durationsOf(document.durations),
    applications: document.applications ?? AWS_APPLICATIONS,
    bundles: document.bundles ?? [],
    images: document.images ?? [],
    queues: document.queues ?? [],
    workspaces: [...(document.workspaces ?? []), ...(document.generate ?? []).flatMap(generate)],
    faults: document.faults ?? [],
  };
}

/** Returns the names of the queues of a seed that receive events: by default, all but dead-letter queues. */
export function eventQueueNames({ queues }: Pick<Seed, 'queues'>): string[] {
  const deadLetterQueues = new Set(queues.map(({ deadLetterQueue }) => deadLetterQueue));
  return queues
    .filter(({ name, receivesEvents = !deadLetterQueues.has(name) }) => receivesEvents)
    .map(({ name }) => name);
}

/** Assumption: AWS documents no rate for GetResources. */
const TAGGING_RATE_LIMIT: RateLimit = { callsPerSecond: 15, burst: 15 };

const DURATIONS: Required<NonNullable<SeedDocument['durations']>> = {
  pending: '1s',
  installing: '10s',
  uninstalling: '10s',
  removedListed: '1m',
  settling: '5s',
  rebuilding: '1m',
  restoring: '1m',
  migrating: '1m',
  snapshots: '12h',
  connectionChecks: '0s',
};

function durationsOf(document: SeedDocument['durations']): Durations {
  const entries = Object.entries({ ...DURATIONS, ...document });
  return Object.fromEntries(entries.map(([name, duration]) => [name, milliseconds(duration)])) as unknown as Durations;
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Converts a validated duration, for example, `10s`, to milliseconds. */
export function milliseconds(duration: string): number {
  const [, amount = '0', unit = 's'] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

/** Returns the offset of a path in the text, or of its nearest existing parent. */
function offsetOf(document: Document, path: SeedProblem['path']): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range !== undefined) {
      return node.range[0];
    }
  }
  return 0;
}

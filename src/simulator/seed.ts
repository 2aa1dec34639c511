import { readFile } from 'node:fs/promises';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { PolicyDocument } from '../aws/permissions.ts';
import { sanitize } from '../sanitize.ts';
import type { Fault } from './faults.ts';
import { generate } from './generate.ts';
import type { Durations } from './lifecycle.ts';
import type { RateLimit } from './rateLimit.ts';
import { problemsOf, type SeedProblem, showPath } from './schema.ts';
import type { ApplicationDocument, SeedDocument, WorkspaceDocument } from './seedDocument.ts';
import type { SimulatedRole } from './sts.ts';

/** What a simulation starts from: a seed file, checked, with everything filled in that it left out. */
export interface Seed {
  readonly region: string;
  readonly accountID: string;
  readonly roles: readonly SimulatedRole[];
  /** What IAM lets whoever calls do; undefined: everything. */
  readonly iamPolicy: PolicyDocument | undefined;
  readonly randomSeed: number;
  readonly rateLimit: RateLimit;
  readonly durations: Durations;
  readonly applications: readonly ApplicationDocument[];
  /** Those written down, then those generated. */
  readonly workspaces: readonly WorkspaceDocument[];
  readonly faults: readonly Fault[];
}

/** A seed that can't be used. Each problem is one line: file, line and column, path, what would be right. */
export class SeedError extends Error {
  override readonly name = 'SeedError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const [first = 'the seed is wrong', ...others] = problems;
    super(others.length === 0 ? first : `${first} (and ${others.length} more)`);
    this.problems = problems;
  }
}

/** Reads a seed file. Throws a SeedError if it can't be read, or isn't right. */
export async function readSeed(file: string): Promise<Seed> {
  return parseSeed(await textOf(file), file);
}

/** A seed from the text of a file, whose name is for messages. Throws a SeedError. */
export function parseSeed(text: string, file: string): Seed {
  const { content, scope } = parse(text, file);
  return resolve(content, scope);
}

/** Reads an IAM policy. Throws a SeedError if it can't be read, or isn't one that the simulator can evaluate. */
export async function readIamPolicy(file: string): Promise<PolicyDocument> {
  const { content, scope } = parse(await textOf(file), file);
  refuse(problemsOf(content, 'iamPolicy'), scope);
  return content as PolicyDocument;
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new SeedError([`${sanitize(file)}: can't be read: ${sanitize(error.message)}`]);
  });
}

/** Where something is, for messages. */
type SimulatedScope = (path: SeedProblem['path']) => string;

function parse(text: string, file: string): { readonly content: unknown; readonly scope: SimulatedScope } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${sanitize(file)}:${line}:${col}`;
  };
  const broken = document.errors.map(
    ({ pos, message }) => `${placeAt(pos[0])}: ${sanitize(message.split('\n', 1)[0] ?? '')}`,
  );
  if (broken.length > 0) {
    throw new SeedError(broken);
  }
  // The file is the user's own: the limit against alias bombs would only stop a long fleet.
  return { content: document.toJS({ maxAliasCount: -1 }), scope: (path) => placeAt(offsetOf(document, path)) };
}

/** A seed from a value, as tests write it. Throws a SeedError. */
export function seedFrom(document: SeedDocument): Seed {
  return resolve(document, () => 'seed');
}

/** Throws a SeedError if there is a problem. */
function refuse(problems: readonly SeedProblem[], scope: SimulatedScope): void {
  const lines = problems.map(({ path, text }) => {
    const shown = showPath(path);
    return `${scope(path)}: ${shown === '' ? '' : `${shown}: `}${text}`;
  });
  if (lines.length > 0) {
    throw new SeedError(lines);
  }
}

function resolve(content: unknown, scope: SimulatedScope): Seed {
  refuse(problemsOf(content), scope);
  const document = content as SeedDocument;
  refuse(contradictions(document), scope);

  const { pending = '1s', installing = '10s', uninstalling = '10s', removedListed = '1m' } = document.durations ?? {};
  return {
    region: document.region ?? 'eu-central-1',
    accountID: document.accountID ?? '123456789012',
    roles: document.roles ?? [],
    iamPolicy: document.iamPolicy,
    randomSeed: document.randomSeed ?? 1,
    rateLimit: { callsPerSecond: 2, burst: 5, ...document.rateLimit },
    durations: {
      pending: milliseconds(pending),
      installing: milliseconds(installing),
      uninstalling: milliseconds(uninstalling),
      removedListed: milliseconds(removedListed),
    },
    applications: document.applications,
    workspaces: [...(document.workspaces ?? []), ...(document.generate ?? []).flatMap(generate)],
    faults: document.faults ?? [],
  };
}

/** What a schema can't see: ids used twice, and applications that aren't declared. */
function contradictions({ applications, workspaces = [], generate: generated = [] }: SeedDocument): SeedProblem[] {
  const problems: SeedProblem[] = [];
  const declared = new Set<string>();
  for (const [index, { applicationID }] of applications.entries()) {
    const path = ['applications', index, 'applicationID'];
    if (declared.has(applicationID)) {
      problems.push({ path, text: `${applicationID} is declared twice` });
    }
    declared.add(applicationID);
  }
  const known = new Set<string>();
  const add = (workspaceID: string, path: SeedProblem['path']) => {
    if (known.has(workspaceID)) {
      problems.push({ path, text: `there are two WorkSpaces ${workspaceID}` });
    }
    known.add(workspaceID);
  };
  for (const [index, { workspaceID }] of workspaces.entries()) {
    add(workspaceID, ['workspaces', index, 'workspaceID']);
  }
  for (const [index, entry] of generated.entries()) {
    for (const { workspaceID } of generate(entry)) {
      add(workspaceID, ['generate', index, 'idPrefix']);
    }
  }
  for (const [list, entries] of Object.entries({ workspaces, generate: generated })) {
    for (const [index, { applications: listed = [] }] of entries.entries()) {
      const seen = new Set<string>();
      for (const [position, application] of listed.entries()) {
        const id = typeof application === 'string' ? application : application.applicationID;
        const path = [list, index, 'applications', position];
        if (!declared.has(id)) {
          problems.push({ path, text: `${id} must be declared under applications` });
        }
        if (seen.has(id)) {
          problems.push({ path, text: `${id} is listed twice` });
        }
        seen.add(id);
      }
    }
  }
  return problems;
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration that the schema has accepted, as `10s`. */
export function milliseconds(duration: string): number {
  const [, amount = '0', unit = 's'] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

/** Where in the text a path is, or the nearest thing around it that is there. */
function offsetOf(document: Document, path: SeedProblem['path']): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range !== undefined) {
      return node.range[0];
    }
  }
  return 0;
}

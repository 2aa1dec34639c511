import { MAX_LINE_CHARACTERS, recordsIn, startsRecord } from './line.ts';
import type { ChainedRecord, ChainPosition, IntentRecord, OutcomeRecord, SettlementRecord } from './record.ts';

/** Where a line is. */
export interface LineLocation {
  readonly file: string;
  /** Number of the line, starting from 1. */
  readonly line: number;
}

/** Kinds of problems that show that a log was changed after it was written, or isn't complete. */
export type AuditProblemKind =
  | 'Modified'
  | 'Missing'
  | 'OutOfOrder'
  | 'Contradicting'
  | 'BrokenLink'
  | 'Unpaired'
  | 'Truncated';

export interface AuditProblem {
  readonly kind: AuditProblemKind;
  readonly message: string;
  /** Undefined if the problem has no position. */
  readonly at?: LineLocation | undefined;
}

/** A change in a log. */
export interface AuditedChange {
  readonly chain: string;
  readonly sequence: number;
  /** Time of the intent. */
  readonly time: Date;
  readonly intent: IntentRecord;
  /** Undefined if the process ended before it recorded the outcome. */
  outcome?: OutcomeRecord | undefined;
  /** Undefined if no later read settled the result. */
  settlement?: SettlementRecord['result'] | undefined;
}

/** Result of a call as far as a log shows it. */
export type AuditedResult = OutcomeRecord['result'];

export interface Verification {
  readonly records: number;
  readonly chains: number;
  /** Time of the earliest record. Undefined without records. */
  readonly startsAt: Date | undefined;
  /** Number of lines without a record, for example, other lines of a log of standard output. */
  readonly otherLines: number;
  /** Number of records that were not written completely. They are no problem as long as their chains continue. */
  readonly tornLines: number;
  /** Changes in the order of their intents. */
  readonly changes: readonly AuditedChange[];
  readonly problems: readonly AuditProblem[];
  /** Chains with records that no anchor covers. The log can't show whether these records are the original ones, and the last ones. */
  readonly uncoveredChains: readonly UncoveredChain[];
}

/**
 * Chain with records that no anchor covers. An anchor covers the records of its chain up to it. If it covers the first record of a chain, this
 * covers the chain that the record continues, up to the record that it names.
 */
export interface UncoveredChain {
  readonly chain: string;
  /** Sequence of the last covered record. 0 if no record is covered. */
  readonly after: number;
}

export interface VerificationOptions {
  /** Last records of chains, which were kept outside the log. They show whether records at the end are missing. */
  readonly anchors?: readonly ChainPosition[] | undefined;
  /** Whether the log is only a part: missing records before its start, and chains of anchors that are not in it, are no problem. */
  readonly isPartial?: boolean | undefined;
}

/** Maximum number of problems that a verification reports. */
const MAX_PROBLEMS = 1_000;

interface Chain {
  readonly firstSequence: number;
  readonly hashes: Map<number, string>;
  readonly changes: Map<number, AuditedChange>;
  last: ChainPosition;
}

/** Verifies a log line by line. Lines without records are skipped. */
export class AuditVerifier {
  readonly #options: VerificationOptions;
  readonly #chains = new Map<string, Chain>();
  readonly #changes: AuditedChange[] = [];
  readonly #problems: AuditProblem[] = [];
  readonly #links: { readonly from: string; readonly to: ChainPosition; readonly at: LineLocation }[] = [];
  #records = 0;
  #startsAt = Number.POSITIVE_INFINITY;
  #otherLines = 0;
  #tornLines = 0;

  constructor(options: VerificationOptions = {}) {
    this.#options = options;
  }

  /** Adds the next line, in the order in which the lines were written. */
  add(line: string, at: LineLocation): void {
    if (line.length > MAX_LINE_CHARACTERS) {
      if (startsRecord(line)) {
        const hint =
          'if it is a JSON document with several records, write each of its strings to a line, for example, with jq';
        this.#report('Modified', `the line has more than ${MAX_LINE_CHARACTERS} characters; ${hint}`, at);
      } else {
        this.#otherLines++;
      }
      return;
    }
    const records = recordsIn(line);
    if (records.length === 0) {
      this.#otherLines++;
    }
    for (const parsed of records) {
      if ('torn' in parsed) {
        this.#tornLines++;
      } else if ('modified' in parsed) {
        this.#report('Modified', parsed.modified, at);
      } else {
        this.#addRecord(parsed.record, at);
      }
    }
  }

  /** Returns the result for all lines. */
  finish(): Verification {
    for (const link of this.#links) {
      this.#checkPosition(link.to, 'BrokenLink', `${link.from} continues it`, link.at);
    }
    for (const anchor of this.#options.anchors ?? []) {
      this.#checkPosition(anchor, 'Truncated', 'an anchor names it');
    }
    return {
      records: this.#records,
      startsAt: this.#records === 0 ? undefined : new Date(this.#startsAt),
      chains: this.#chains.size,
      otherLines: this.#otherLines,
      tornLines: this.#tornLines,
      changes: this.#changes,
      problems: this.#problems,
      uncoveredChains: this.#uncoveredChains(),
    };
  }

  #addRecord(record: ChainedRecord, at: LineLocation): void {
    const { chain: name, sequence, previous, hash } = record;
    const chain = this.#chains.get(name);
    const known = chain?.hashes.get(sequence);
    if (known !== undefined) {
      // The operator repeats a record if it doesn't know whether it was written, and log shippers deliver at least once.
      if (known !== hash) {
        this.#report('Contradicting', `${name} has two different records ${sequence}`, at);
      }
      return;
    }
    this.#records++;
    this.#startsAt = Math.min(this.#startsAt, Date.parse(record.time));
    if (chain === undefined) {
      this.#checkStart(record, at);
    } else if (sequence < chain.last.sequence) {
      this.#report(
        'OutOfOrder',
        `record ${sequence} of ${name} follows record ${chain.last.sequence}; pass the oldest file first`,
        at,
      );
    } else if (sequence > chain.last.sequence + 1) {
      this.#report('Missing', missingRecords(name, chain.last.sequence + 1, sequence - 1), at);
    } else if (previous !== chain.last.hash) {
      this.#report('BrokenLink', `record ${sequence} of ${name} does not follow the record before it`, at);
    }
    this.#keep(record, at);
  }

  #checkStart({ chain, sequence, previous, ...record }: ChainedRecord, at: LineLocation): void {
    if (sequence > 1 && this.#options.isPartial !== true) {
      this.#report('Missing', missingRecords(chain, 1, sequence - 1), at);
    }
    if (sequence === 1 && (record.kind !== 'Start' || previous !== '')) {
      this.#report('BrokenLink', `the first record of ${chain} is not the start of a process`, at);
    }
    if (record.kind === 'Start' && record.continues !== null) {
      this.#links.push({ from: chain, to: record.continues, at });
    }
  }

  #keep(record: ChainedRecord, at: LineLocation): void {
    const { chain: name, sequence, hash } = record;
    const last = { chain: name, sequence, hash };
    const chain = this.#chains.get(name) ?? {
      firstSequence: sequence,
      hashes: new Map(),
      changes: new Map(),
      last,
    };
    this.#chains.set(name, chain);
    chain.hashes.set(sequence, hash);
    if (sequence > chain.last.sequence) {
      chain.last = last;
    }
    switch (record.kind) {
      case 'Intent': {
        const change: AuditedChange = { chain: name, sequence, time: new Date(record.time), intent: record };
        chain.changes.set(sequence, change);
        this.#changes.push(change);
        return;
      }
      case 'Outcome':
      case 'Settlement': {
        const change = chain.changes.get(record.intent);
        const isRepeated = (record.kind === 'Outcome' ? change?.outcome : change?.settlement) !== undefined;
        if (change === undefined ? record.intent >= chain.firstSequence : isRepeated) {
          const what = isRepeated ? 'repeats a result of' : 'is the result of a missing';
          this.#report('Unpaired', `record ${sequence} of ${name} ${what} intent ${record.intent}`, at);
        } else if (change !== undefined && record.kind === 'Outcome') {
          change.outcome = record;
        } else if (change !== undefined && record.kind === 'Settlement') {
          change.settlement = record.result;
        }
      }
    }
  }

  #checkPosition(
    { chain: name, sequence, hash }: ChainPosition,
    kind: AuditProblemKind,
    why: string,
    at?: LineLocation,
  ) {
    const chain = this.#chains.get(name);
    if (chain === undefined) {
      if (this.#options.isPartial !== true) {
        this.#report(kind, `all records of ${name} are missing, at least ${sequence}: ${why}`, at);
      }
      return;
    }
    if (sequence < chain.firstSequence && this.#options.isPartial === true) {
      return;
    }
    const found = chain.hashes.get(sequence);
    if (found === undefined) {
      this.#report(kind, `record ${sequence} of ${name} is missing: ${why}`, at);
    } else if (found !== hash) {
      this.#report(kind, `record ${sequence} of ${name} is not the original one: ${why}`, at);
    }
  }

  #uncoveredChains(): UncoveredChain[] {
    const linkOf = new Map(this.#links.map(({ from, to }) => [from, to]));
    const covered = new Map<string, number>();
    const pending = [...(this.#options.anchors ?? [])];
    for (const { chain, sequence, hash } of pending) {
      const last = covered.get(chain);
      if (this.#chains.get(chain)?.hashes.get(sequence) === hash && sequence > (last ?? 0)) {
        covered.set(chain, sequence);
        const link = last === undefined ? linkOf.get(chain) : undefined;
        pending.push(...(link === undefined ? [] : [link]));
      }
    }
    return [...this.#chains].flatMap(([chain, { last }]) => {
      const after = covered.get(chain) ?? 0;
      return after < last.sequence ? [{ chain, after }] : [];
    });
  }

  #report(kind: AuditProblemKind, message: string, at?: LineLocation): void {
    if (this.#problems.length < MAX_PROBLEMS) {
      this.#problems.push({ kind, message, at });
    }
  }
}

/** Verifies lines, for example, of a test. */
export function verifyLines(lines: readonly string[], options?: VerificationOptions): Verification {
  const verifier = new AuditVerifier(options);
  for (const [index, line] of lines.entries()) {
    verifier.add(line, { file: 'log', line: index + 1 });
  }
  return verifier.finish();
}

/** Returns the result of a change, with what a later read shows. */
export function auditedResult({ outcome, settlement }: AuditedChange): AuditedResult {
  if (outcome === undefined || outcome.result === 'Unknown') {
    return settlement === undefined ? 'Unknown' : settlement === 'Applied' ? 'Succeeded' : 'Rejected';
  }
  return outcome.result;
}

function missingRecords(chain: string, first: number, last: number): string {
  return first === last
    ? `record ${first} of ${chain} is missing`
    : `records ${first} to ${last} of ${chain} are missing`;
}

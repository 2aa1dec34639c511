import { createHash } from 'node:crypto';
import type { AuditRecord, ChainedRecord, ChainMembers } from './record.ts';

/** Start of each record. What precedes it on a line, for example, the timestamp of a container runtime, is ignored. */
const RECORD_START = '{"audit":1,';

/** Start of a record, also inside a JSON string, which escapes quotes, or in a CSV file, which doubles them. */
const WRAPPED_START = /\{(\\*|")"audit\1":1,/g;

/** Text that can become the start of a record when a pipeline undoes escapes and quotes in any order. */
const POSSIBLE_START = /\{[\\"]*audit[\\"]*:1,/g;

/** Hash of a record. A record can contain hashes of others, but ends with its own. */
const HASH = /,"hash":"([0-9a-f]{64})"\}/g;
/** Maximum number of hashes in a record: its own, and the one that a start continues. */
const MAX_HASHES = 2;
const RECORD_END = /,"hash":"[0-9a-f]{64}"\}$/;

/** Rest of a JSON string from any position on. */
const REST_OF_STRING = /(?:[^"\\]|\\.)*/y;

/** Maximum number of characters of a line. The operator's own lines are far shorter. */
export const MAX_LINE_CHARACTERS = 1024 * 1024;

/** A line of the log, and the hash that the next record of the chain contains. */
export interface EncodedRecord {
  /** Line in ASCII, without the line break. */
  readonly line: string;
  readonly hash: string;
}

/** Encodes a record. Its hash is the SHA-256 of the line without the hash, so that `sha256sum` can check it. */
export function encodeRecord(members: Omit<ChainMembers, 'audit'>, record: AuditRecord): EncodedRecord {
  const { chain, sequence, previous, time } = members;
  const json = toAscii(JSON.stringify({ audit: 1, chain, sequence, previous, time, ...record }));
  // Text of clients and of AWS must not look like the start of another record, which would end this one.
  const text = RECORD_START + withoutRecords(json.slice(RECORD_START.length));
  const hash = hashOf(text);
  return { line: `${text.slice(0, -1)},"hash":"${hash}"}`, hash };
}

/** A record on a line, as far as it can be read. */
export type ParsedRecord =
  | { readonly record: ChainedRecord }
  /** A record that was not written completely. */
  | { readonly torn: true }
  /** A record that was modified after it was written. */
  | { readonly modified: string };

/**
 * Returns the records on a line of a log. Usually, there is one at most. A process can continue a line that another one did not complete, and
 * a pipeline can wrap several records in one JSON document. What surrounds a record is ignored.
 */
export function recordsIn(line: string): ParsedRecord[] {
  const starts = [...line.matchAll(WRAPPED_START)];
  return starts.flatMap(({ 0: { length }, 1: quoting, index }, position) => {
    const text = line.slice(index, starts[position + 1]?.index);
    if (length === RECORD_START.length) {
      return recordAt(text);
    }
    const records = recordsIn(unwrapped(text, quoting === '"'));
    return records.length === 0 ? { torn: true } : records;
  });
}

/** Whether a line contains the start of a record. */
export function startsRecord(line: string): boolean {
  return line.search(WRAPPED_START) >= 0;
}

/** Returns a line without the start of a record, for other lines of the same log. Otherwise, text in them could look like a record. */
export function withoutRecords(line: string): string {
  return line.replace(POSSIBLE_START, (start) => `${start.slice(0, -2)} ${start.slice(-2)}`);
}

/** Undoes the quoting of a CSV file, or one level of escaping of a JSON string. */
function unwrapped(text: string, isCsv: boolean): string {
  if (isCsv) {
    return text.replaceAll('""', '"');
  }
  REST_OF_STRING.lastIndex = 0;
  const [content = ''] = REST_OF_STRING.exec(text) ?? [];
  const value = parsed(`"${content}"`);
  return typeof value === 'string' ? value : '';
}

/** Returns the record at the start of a text. */
function recordAt(text: string): ParsedRecord {
  for (const { 0: end, 1: hash, index } of [...text.matchAll(HASH)].slice(0, MAX_HASHES)) {
    if (hashOf(`${text.slice(0, index)}}`) === hash) {
      const record = parsedObject(text.slice(0, index + end.length));
      return record !== undefined && hasChainMembers(record)
        ? { record: record as unknown as ChainedRecord }
        : { modified: 'the record has no valid chain, sequence, or time' };
    }
  }
  if (RECORD_END.test(text.trimEnd())) {
    return { modified: 'the hash of the record does not match its content' };
  }
  return parsedObject(text) === undefined ? { torn: true } : { modified: 'the record has no hash at its end' };
}

function hasChainMembers({ chain, sequence, previous, time, kind }: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof chain === 'string' &&
    chain !== '' &&
    Number.isSafeInteger(sequence) &&
    Number(sequence) >= 1 &&
    typeof previous === 'string' &&
    typeof time === 'string' &&
    !Number.isNaN(Date.parse(time)) &&
    typeof kind === 'string'
  );
}

function parsedObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parsed(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Escapes all characters beyond ASCII, so that no log shipper changes the bytes and no terminal interprets them. */
function toAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

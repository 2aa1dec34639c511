import { createHash } from 'node:crypto';
import type { AuditRecord, ChainedRecord, ChainMembers } from './record.ts';

/** Start of each record. What precedes it on a line, for example, the timestamp of a container runtime, is ignored. */
export const RECORD_START = '{"audit":1,';

/** End of each record: its hash. */
const RECORD_END = /,"hash":"([0-9a-f]{64})"\}$/;

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
  const text = toAscii(JSON.stringify({ audit: 1, chain, sequence, previous, time, ...record }));
  const hash = hashOf(text);
  return { line: `${text.slice(0, -1)},"hash":"${hash}"}`, hash };
}

/** A line that contains a record, as far as it can be read. */
export type ParsedLine =
  | { readonly record: ChainedRecord }
  /** A record that was not written completely. */
  | { readonly torn: true }
  /** A record that was modified after it was written. */
  | { readonly modified: string };

/** Parses a line of a log. Returns undefined if it contains no record. */
export function parseLine(line: string): ParsedLine | undefined {
  const start = line.indexOf(RECORD_START);
  if (start < 0) {
    return undefined;
  }
  const text = line.slice(start).replace(/\r$/, '');
  const [end, hash] = RECORD_END.exec(text) ?? [];
  if (end === undefined || hash === undefined) {
    return isComplete(text) ? { modified: 'the record has no hash at its end' } : { torn: true };
  }
  if (hashOf(`${text.slice(0, -end.length)}}`) !== hash) {
    return { modified: 'the hash of the record does not match its content' };
  }
  const record = parseObject(text);
  return record !== undefined && hasChainMembers(record)
    ? { record: record as unknown as ChainedRecord }
    : { modified: 'the record has no valid chain, sequence, or time' };
}

function isComplete(text: string): boolean {
  return parseObject(text) !== undefined;
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

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
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

import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import { encodeRecord, recordsIn } from './line.ts';
import type { AuditRecord, ChainPosition, IntentRecord, OutcomeRecord, SettlementRecord } from './record.ts';

/** Where the records are written. */
export interface AuditSink {
  /** Human-readable name, for example, the path of a file. */
  readonly name: string;
  /** Appends lines. Resolves after they are durable. If it rejects, the same lines are appended again later. */
  append(lines: readonly string[]): Promise<void>;
  /** Returns the last lines of the log, oldest first. Empty if the log is empty or can't be read. */
  lastLines(): Promise<readonly string[]>;
}

export interface AuditTrailOptions {
  readonly sink: AuditSink;
  /** Identity of the process, which no other process has. */
  readonly identity: string;
  readonly version: string;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Ends the retries of what could not be written. Defaults to a signal that is never aborted. */
  readonly stopping?: AbortSignal | undefined;
  /** Called when the log becomes unavailable, with the error, and with undefined when it is available again. */
  readonly onAvailability?: ((error: Error | undefined) => void) | undefined;
  /** Called when the process ends, with the number of records that could not be written. Not called without such records. */
  readonly onLoss?: ((count: number) => void) | undefined;
}

/** A recorded intent, whose outcome must be recorded too. */
export interface RecordedIntent {
  /** Records the outcome. Never rejects: if the log is unavailable, no further change is made until the outcome is written. */
  end(outcome: Omit<OutcomeRecord, 'kind' | 'intent'>): Promise<void>;
  /** Records what a later read shows about a call with the result `Unknown`. */
  settle(result: SettlementRecord['result']): void;
}

/**
 * Records of all changes of a process, chained by hash. An intent is durable before its call is sent. A record that can't be written stays
 * first in line, so that the chain has no gap, and its intent rejects, so that its call is not sent.
 */
export class AuditTrail {
  readonly #options: AuditTrailOptions;
  /** Encoded lines that are not durable yet. */
  #unwritten: string[] = [];
  #last: ChainPosition | undefined;
  /** Last durable record. */
  #head: ChainPosition | undefined;
  /** Error of the last attempt to write. Undefined if it succeeded. */
  #error: Error | undefined;
  #hasIntent = false;
  #isRetrying = false;
  #isStopped = false;
  #writing: Promise<unknown> = Promise.resolve();
  /** Operation of the sink that is in progress. It never rejects. */
  #operation: Promise<unknown> | undefined;
  #failures = 0;

  constructor(options: AuditTrailOptions) {
    this.#options = options;
  }

  /** Last durable record. Undefined before the first one. */
  get head(): ChainPosition | undefined {
    return this.#head;
  }

  /** Last durable record of a process that has recorded an intent. Undefined before, because its loss would hide no change. */
  get anchor(): ChainPosition | undefined {
    return this.#hasIntent ? this.#head : undefined;
  }

  /** Whether the last write succeeded. */
  get isAvailable(): boolean {
    return this.#error === undefined;
  }

  /** Number of failed writes. */
  get failures(): number {
    return this.#failures;
  }

  /** Number of records that are not durable yet. */
  get unwritten(): number {
    return this.#unwritten.length;
  }

  /** Whether the process ends, so that `head` is its last record. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Rejects with a FleetError if the log is unavailable, so that no change can be made. Writes what is missing in the log. */
  prepare(): Promise<void> {
    return this.#locked(() => this.#flush());
  }

  /** Records an intent. Rejects with a FleetError if it isn't durable; then the call must not be sent. */
  begin(intent: IntentRecord): Promise<RecordedIntent> {
    return this.#locked(async () => {
      await this.#flush();
      const { sequence } = this.#encode(intent);
      this.#hasIntent = true;
      const recorded: RecordedIntent = {
        end: (outcome) => this.#record({ kind: 'Outcome', intent: sequence, ...outcome }),
        settle: (result) => void this.#record({ kind: 'Settlement', intent: sequence, result }),
      };
      try {
        await this.#flush();
      } catch (error) {
        this.#encode({ kind: 'Outcome', intent: sequence, ...NOT_SENT });
        throw error;
      }
      return recorded;
    });
  }

  /** Records that the process ends regularly. Later records would follow the last one, so there must be none. */
  async stop(): Promise<void> {
    if (this.#last !== undefined && !this.#isStopped) {
      this.#isStopped = true;
      await this.#beforeTimeout(Promise.resolve(this.#operation)).catch(() => {});
      await this.#record({ kind: 'Stop' });
      if (this.#unwritten.length > 0) {
        this.#options.onLoss?.(this.#unwritten.length);
      }
    }
  }

  /** Adds a record. Never rejects. */
  async #record(record: AuditRecord): Promise<void> {
    await this.#locked(async () => {
      this.#encode(record);
      await this.#flush();
    }).catch(() => {});
  }

  /** Tries the log again until it is available, and writes what is missing, also if no further change is made. */
  #retry(): void {
    const { clock, stopping } = this.#options;
    if (this.#isRetrying) {
      return;
    }
    this.#isRetrying = true;
    void (async () => {
      while (this.#error !== undefined) {
        await clock.sleep(RETRY_INTERVAL_MS, stopping);
        await this.prepare().catch(() => {});
      }
    })()
      .catch(() => {})
      .finally(() => {
        this.#isRetrying = false;
      });
  }

  #encode(record: AuditRecord): ChainPosition {
    const { identity: chain, clock } = this.#options;
    const sequence = (this.#last?.sequence ?? 0) + 1;
    const time = clock.now().toISOString();
    const { line, hash } = encodeRecord({ chain, sequence, previous: this.#last?.hash ?? '', time }, record);
    this.#last = { chain, sequence, hash };
    this.#unwritten.push(line);
    return this.#last;
  }

  /** Makes all records durable, the first one included. Rejects with a FleetError. */
  async #flush(): Promise<void> {
    const { sink, version, onAvailability } = this.#options;
    try {
      if (this.#last === undefined) {
        const continues = lastRecordIn(await this.#inTime(() => sink.lastLines()));
        this.#encode({ kind: 'Start', version, continues });
      }
      if (this.#unwritten.length > 0) {
        const lines = [...this.#unwritten];
        await this.#inTime(() => sink.append(lines));
      }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (this.#error?.message !== error.message) {
        onAvailability?.(error);
      }
      this.#error = error;
      this.#failures++;
      this.#retry();
      throw unavailable(sink.name, error);
    }
    this.#unwritten = [];
    this.#head = this.#last;
    if (this.#error !== undefined) {
      this.#error = undefined;
      onAvailability?.(undefined);
    }
  }

  /**
   * Rejects if an operation takes too long, for example, because a network file system hangs, and immediately while an earlier one does.
   * Otherwise, changes would wait one after the other, and hanging operations would occupy all threads for files and names.
   */
  #inTime<T>(start: () => Promise<T>): Promise<T> {
    if (this.#operation !== undefined) {
      return Promise.reject(noResponse());
    }
    const operation = start().finally(() => {
      this.#operation = undefined;
    });
    this.#operation = operation.catch(() => {});
    return this.#beforeTimeout(operation);
  }

  async #beforeTimeout<T>(operation: Promise<T>): Promise<T> {
    const ended = new AbortController();
    const late = this.#options.clock.sleep(WRITE_TIMEOUT_MS, ended.signal).then(() => {
      throw noResponse();
    });
    late.catch(() => {});
    try {
      return await Promise.race([operation, late]);
    } finally {
      ended.abort();
    }
  }

  /** Runs work after all earlier work. */
  #locked<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work);
    this.#writing = result.catch(() => {});
    return result;
  }
}

/** Maximum time to make a record durable. If the record is written later, the log contains it twice, which counts once. */
const WRITE_TIMEOUT_MS = 15_000;
/** Interval at which a log that could not be written is tried again. */
const RETRY_INTERVAL_MS = 10_000;

function noResponse(): Error {
  return new Error(`no response within ${WRITE_TIMEOUT_MS / 1_000} seconds`);
}

const NOT_SENT = {
  result: 'NotSent',
  requestIDs: [],
  sentAt: null,
  confirmedByRead: false,
  after: [],
  error: null,
} as const;

/** Returns the position of the last intact record in lines. */
function lastRecordIn(lines: readonly string[]): ChainPosition | null {
  for (const line of lines.toReversed()) {
    for (const parsed of recordsIn(line).toReversed()) {
      if ('record' in parsed) {
        const { chain, sequence, hash } = parsed.record;
        return { chain, sequence, hash };
      }
    }
  }
  return null;
}

function unavailable(name: string, cause: Error): FleetError {
  const reason =
    `the change was not sent, because the audit log ${name} can't be written: ${cause.message}; ` +
    'free space for it, or correct --audit-log and the permissions of its file';
  return new FleetError({ kind: 'AuditLogUnavailable', operation: 'RecordChange', reason }, { cause });
}

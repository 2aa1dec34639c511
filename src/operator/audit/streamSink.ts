import type { Writable } from 'node:stream';
import type { AuditSink } from '../../audit/auditTrail.ts';

/**
 * Writes to a stream, for example, standard output. Records are as durable as the reader of the stream makes them. All other writers of the
 * same file descriptor, for example, the log, must use the same stream, because a pipe accepts a large record in parts.
 */
export class StreamSink implements AuditSink {
  readonly name: string;
  readonly #stream: Writable;

  constructor(name: string, stream: Writable) {
    this.name = name;
    this.#stream = stream;
  }

  append(lines: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(lines.map((line) => `${line}\n`).join(''), (error) =>
        error === undefined || error === null ? resolve() : reject(error),
      );
    });
  }

  async lastLines(): Promise<readonly string[]> {
    return [];
  }
}

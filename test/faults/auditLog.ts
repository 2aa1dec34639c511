import type { AuditSink } from '../../src/audit/auditTrail.ts';
import type { SimulatedProcess } from './process.ts';

/** Audit log of all processes, which outlives them. */
export class SimulatedAuditLog {
  readonly lines: string[] = [];
  readonly #isFull: () => boolean;

  /** @param isFull whether a write fails, and writes only a part of its first line */
  constructor(isFull: () => boolean) {
    this.#isFull = isFull;
  }

  /** Returns the log as a process writes it. */
  sinkOf(process: SimulatedProcess): AuditSink {
    return {
      name: 'audit.log',
      append: (lines) =>
        new Promise((resolve, reject) => {
          if (!process.isAlive) {
            return;
          }
          const isFull = this.#isFull();
          this.lines.push(...(isFull ? [(lines[0] ?? '').slice(0, 100)] : lines));
          process.deliver(() => (isFull ? reject(new Error('no space left on device')) : resolve()));
        }),
      lastLines: async () => this.lines.slice(-20),
    };
  }
}

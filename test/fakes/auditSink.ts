import type { AuditSink } from '../../src/audit/auditTrail.ts';

/** An audit log in memory. */
export class MemoryAuditSink implements AuditSink {
  readonly name = 'memory';
  /** Text of the log, as in a file. */
  text = '';
  /** What happens to the next writes: the error of each, and how much of its text is written before. */
  failures: { readonly error: Error; readonly written: number }[] = [];

  get lines(): string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }

  async append(lines: readonly string[]): Promise<void> {
    const separator = this.text === '' || this.text.endsWith('\n') ? '' : '\n';
    const text = `${separator}${lines.map((line) => `${line}\n`).join('')}`;
    const failure = this.failures.shift();
    this.text += text.slice(0, failure?.written ?? text.length);
    if (failure !== undefined) {
      throw failure.error;
    }
  }

  async lastLines(): Promise<string[]> {
    return this.lines.slice(-10);
  }
}

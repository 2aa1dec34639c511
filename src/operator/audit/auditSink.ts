import process from 'node:process';
import type { AuditSink } from '../../audit/auditTrail.ts';
import { FileSink } from './fileSink.ts';
import { StreamSink } from './streamSink.ts';

/** Value of `--audit-log` for standard output. */
const STANDARD_OUTPUT = '-';

/** Returns the audit log at a path, or on standard output. */
export function auditSinkOf(path: string): AuditSink {
  return path === STANDARD_OUTPUT ? new StreamSink('standard output', process.stdout) : new FileSink(path);
}

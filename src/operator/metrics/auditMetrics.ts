import type { Registry } from 'prom-client';
import type { AuditTrail } from '../../audit/auditTrail.ts';
import { registerCollector } from './collector.ts';

/** State of the audit log of this process. */
export type AuditView = Pick<AuditTrail, 'isAvailable' | 'failures' | 'unwritten'>;

/** Registers metrics of the audit log. */
export function auditMetrics(registry: Registry, view: () => AuditView | undefined): void {
  const collect = (name: string, help: string, amountOf: (audit: AuditView) => number, type?: 'counter') =>
    registerCollector(registry, {
      name,
      help,
      labelNames: [],
      ...(type !== undefined && { type }),
      series: () => {
        const audit = view();
        return audit === undefined ? [] : [[{}, amountOf(audit)] as const];
      },
    });
  collect(
    'wsap_audit_log_available',
    'Whether the last record could be written to the audit log (1) or not (0). While it is 0, the operator makes no changes.',
    ({ isAvailable }) => (isAvailable ? 1 : 0),
  );
  collect(
    'wsap_audit_log_pending_records',
    'Number of records that wait to be written to the audit log. They are lost if the process ends before.',
    ({ unwritten }) => unwritten,
  );
  collect(
    'wsap_audit_log_write_errors_total',
    'Number of failed attempts to write to the audit log.',
    ({ failures }) => failures,
    'counter',
  );
}

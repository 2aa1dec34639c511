import { AuditTrail } from '../../audit/auditTrail.ts';
import { sanitize } from '../../sanitize.ts';
import type { Dependencies } from '../dependencies.ts';
import type { OperatorOptions } from '../options.ts';

/** Creates the audit trail of a process. Logs when its log becomes unavailable, and when it is available again. */
export function createAuditTrail(
  { auditLog, version, log }: Pick<OperatorOptions, 'auditLog' | 'version' | 'log'>,
  stopping: AbortSignal,
  { identity, clock, auditSinkOf }: Pick<Dependencies, 'identity' | 'clock' | 'auditSinkOf'>,
): AuditTrail {
  const sink = auditSinkOf(auditLog);
  return new AuditTrail({
    sink,
    identity,
    version,
    clock,
    stopping,
    onLoss: (records) => log.error({ auditLog, records }, 'audit records are lost, because they could not be written'),
    onAvailability: (error) =>
      error === undefined
        ? log.info({ auditLog }, 'audit log can be written again')
        : log.error(
            { auditLog, reason: sanitize(error.message, 1024) },
            'audit log cannot be written; no change is made',
          ),
  });
}

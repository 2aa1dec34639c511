import type { Logger } from 'pino';
import type { Outcome } from '../execute/outcome.ts';
import { printable } from '../printable.ts';

/** Writes a line for each change that a run made, and for each that it couldn't make. */
export function logOutcome(log: Logger, { made, failures, held, dropped }: Outcome): void {
  for (const { action, workspace, findings } of made) {
    const names = findings.map(({ application: { name, applicationId } }) => printable(name ?? applicationId));
    log.info({ action, workspaceId: workspace.workspaceId, applications: names }, 'change made');
  }
  for (const { change, error } of failures) {
    const { workspaceId } = change.finding.workspace;
    const { requestId } = error.details;
    log.warn(
      { action: change.action, workspaceId, requestId, reason: printable(error.message, 1024) },
      'change failed',
    );
  }
  for (const { change, reason, message } of held) {
    const { workspaceId } = change.finding.workspace;
    log.info({ action: change.action, workspaceId, reason, message: printable(message, 1024) }, 'change held');
  }
  for (const { change, message } of dropped) {
    const { workspaceId } = change.finding.workspace;
    log.info({ action: change.action, workspaceId, message: printable(message, 1024) }, 'change dropped');
  }
}

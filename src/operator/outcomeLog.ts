import type { Logger } from 'pino';
import type { Outcome } from '../execute/outcome.ts';
import { sanitize } from '../sanitize.ts';

/** Logs each change that a run made, and each change that failed, was held, or was dropped. */
export function logOutcome(log: Logger, { made, failures, held, dropped }: Outcome): void {
  for (const { action, workspace, findings } of made) {
    const names = findings.map(({ application: { name, applicationID } }) => sanitize(name ?? applicationID));
    log.info({ action, workspaceID: workspace.workspaceID, applications: names }, 'change made');
  }
  for (const { change, error } of failures) {
    const { workspaceID } = change.finding.workspace;
    const { requestId } = error.details;
    log.warn({ action: change.action, workspaceID, requestId, reason: sanitize(error.message, 1024) }, 'change failed');
  }
  for (const { change, reason, message } of held) {
    const { workspaceID } = change.finding.workspace;
    log.info({ action: change.action, workspaceID, reason, message: sanitize(message, 1024) }, 'change held');
  }
  for (const { change, message } of dropped) {
    const { workspaceID } = change.finding.workspace;
    log.info({ action: change.action, workspaceID, message: sanitize(message, 1024) }, 'change dropped');
  }
}

import type { Logger } from 'pino';
import type { Outcome } from '../execute/outcome.ts';
import { sanitize } from '../sanitize.ts';
import type { Assessment } from '../status/assessment.ts';

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
  for (const { change, reason, message, unredacted = message } of held) {
    const { workspaceID } = change.finding.workspace;
    log.info({ action: change.action, workspaceID, reason, message: sanitize(unredacted, 1024) }, 'change held');
  }
  for (const { change, message } of dropped) {
    const { workspaceID } = change.finding.workspace;
    log.info({ action: change.action, workspaceID, message: sanitize(message, 1024) }, 'change dropped');
  }
}

/** Maximum number of lines that one run writes about policies of other namespaces. */
const MAX_DISCLOSURES = 20;

/**
 * Writes a line for each new explanation that names policies of other namespaces, because the status omits their names and texts.
 * Returns the explanations of this run, for the next run. `before`: those of the last run.
 */
export function logDisclosures(
  log: Logger,
  before: ReadonlySet<string>,
  assessments: Iterable<Assessment>,
): ReadonlySet<string> {
  const byMessage = new Map<string, { readonly first: Assessment['finding']; count: number }>();
  for (const { finding, held } of assessments) {
    const message = held?.unredacted ?? finding.unredacted;
    if (message !== undefined) {
      const same = byMessage.get(message) ?? { first: finding, count: 0 };
      byMessage.set(message, same);
      same.count++;
    }
  }
  const added = [...byMessage].filter(([message]) => !before.has(message)).slice(0, MAX_DISCLOSURES);
  for (const [message, { first, count }] of added) {
    const { workspace, application, verdict } = first;
    log.info(
      {
        workspaces: count,
        workspaceID: workspace.workspaceID,
        applicationID: application.applicationID,
        verdict,
        message: sanitize(message, 1024),
      },
      'policy of another namespace applies',
    );
  }
  return new Set(byMessage.keys());
}

import { stringify } from 'yaml';
import { sanitize } from '../../../sanitize.ts';
import type { PlanDocument, PlannedPolicy } from './document.ts';

/** The CRD takes so many WorkSpaces in one exception, and so many exceptions. */
const MAX_WORKSPACES = 100;
const MAX_EXCEPTIONS = 100;
const DAYS = 30;
const DAY = 24 * 3_600_000;

/**
 * Exceptions for all that policies would take away now, to paste into them: what is in use when a policy is introduced stays for 30 days,
 * and new drift doesn't.
 */
export function exceptionsFor({ policies }: PlanDocument, now: Date): string {
  const expiresAt = `${new Date(now.getTime() + DAYS * DAY).toISOString().slice(0, 10)}T00:00:00Z`;
  const reason = `there on ${now.toISOString().slice(0, 10)}, when the policy was reviewed`;
  const blocks = policies.map((policy) => {
    const exceptions = exceptionsOf(policy, { reason, expiresAt });
    const title = `# ${sanitize(`${policy.namespace}/${policy.name}`)}`;
    if (exceptions.length === 0) {
      return `${title}: nothing would be taken away\n`;
    }
    const tooMany =
      exceptions.length > MAX_EXCEPTIONS
        ? `# A policy takes ${MAX_EXCEPTIONS} exceptions at most, and these are ${exceptions.length}.\n`
        : '';
    return `${title}\n${tooMany}${stringify({ exceptions }, { lineWidth: 0 })}`;
  });
  return blocks.join('---\n');
}

function exceptionsOf({ changes }: PlannedPolicy, rest: { reason: string; expiresAt: string }) {
  const removals = changes.filter(({ desired, holdReason }) => desired === 'Absent' && holdReason !== 'Conflict');
  return [...Map.groupBy(removals, ({ applicationID }) => applicationID)].flatMap(([id, ofApplication]) => {
    const ids = [...new Set(ofApplication.map(({ workspaceID }) => workspaceID))].sort();
    return Array.from({ length: Math.ceil(ids.length / MAX_WORKSPACES) }, (_, page) => ({
      workspaceIDs: ids.slice(page * MAX_WORKSPACES, (page + 1) * MAX_WORKSPACES),
      application: { id },
      ...rest,
    }));
  });
}

import { stringify } from 'yaml';
import { sanitize } from '../../../sanitize.ts';
import type { PlanDocument, PlannedPolicy } from './document.ts';

/** Maximum number of WorkSpaces in an exception and of exceptions in a policy, from the CRD. */
const MAX_WORKSPACES = 100;
const MAX_EXCEPTIONS = 100;
/** Lifetime of the generated exceptions. */
const LIFETIME_MS = 30 * 24 * 3_600_000;

/**
 * Returns exceptions for all removals of a plan, in YAML to paste into the policies. They keep the applications in use for 30 days, while
 * the policies already remove new drift.
 */
export function exceptionsFor({ policies }: PlanDocument, now: Date): string {
  const expiresAt = `${new Date(now.getTime() + LIFETIME_MS).toISOString().slice(0, 10)}T00:00:00Z`;
  const reason = `in use on ${now.toISOString().slice(0, 10)}, when the policy was introduced`;
  const blocks = policies.map((policy) => {
    const exceptions = exceptionsOf(policy, { reason, expiresAt });
    const title = `# ${sanitize(`${policy.namespace}/${policy.name}`)}`;
    if (exceptions.length === 0) {
      return `${title}: the plan removes nothing\n`;
    }
    const tooMany =
      exceptions.length > MAX_EXCEPTIONS
        ? `# A policy can have at most ${MAX_EXCEPTIONS} exceptions; these are ${exceptions.length}.\n`
        : '';
    return `${title}\n${tooMany}${stringify({ exceptions }, { lineWidth: 0 })}`;
  });
  return blocks.join('---\n');
}

function exceptionsOf({ changes }: PlannedPolicy, rest: { reason: string; expiresAt: string }) {
  const removals = changes.filter(
    ({ desired, holdReason, unrequested }) =>
      desired === 'Absent' && holdReason !== 'Conflict' && unrequested === undefined,
  );
  return [...Map.groupBy(removals, ({ applicationID }) => applicationID)].flatMap(([id, ofApplication]) => {
    const ids = [...new Set(ofApplication.map(({ workspaceID }) => workspaceID))].sort();
    return Array.from({ length: Math.ceil(ids.length / MAX_WORKSPACES) }, (_, page) => ({
      workspaceIDs: ids.slice(page * MAX_WORKSPACES, (page + 1) * MAX_WORKSPACES),
      application: { id },
      ...rest,
    }));
  });
}

import { stringify } from 'yaml';
import { printable } from '../../printable.ts';
import { toJson } from '../structured.ts';
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
    const title = `# ${printable(`${policy.namespace}/${policy.name}`)}`;
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
  const removals = changes.filter(({ goal, heldBecause }) => goal === 'Remove' && heldBecause !== 'Conflict');
  return [...Map.groupBy(removals, ({ applicationId }) => applicationId)].flatMap(([id, ofApplication]) => {
    const ids = [...new Set(ofApplication.map(({ workspaceId }) => workspaceId))].sort();
    return Array.from({ length: Math.ceil(ids.length / MAX_WORKSPACES) }, (_, page) => ({
      workspaceIds: ids.slice(page * MAX_WORKSPACES, (page + 1) * MAX_WORKSPACES),
      application: { id },
      ...rest,
    }));
  });
}

/** One outcome of one of two versions of policies. */
export interface Difference {
  readonly sign: '+' | '-';
  readonly policy: string;
  readonly workspaceId: string;
  readonly userName?: string;
  readonly application: string;
  /** What becomes of it in that version. */
  readonly outcome: 'loses' | 'gains';
}

/** What another version of policies comes to: `+` is new, `-` isn't any more. What is held counts as well, as it is only a matter of time. */
export function differencesBetween(before: PlanDocument, after: PlanDocument): Difference[] {
  const [old, current] = [outcomesIn(before), outcomesIn(after)];
  const only = (these: typeof old, others: typeof old, sign: Difference['sign']) =>
    [...these].filter(([key]) => !others.has(key)).map(([key, outcome]) => ({ key, difference: { sign, ...outcome } }));
  return [...only(old, current, '-'), ...only(current, old, '+')]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ difference }) => difference);
}

/** The differences for people, or as JSON. */
export function showDifferences(differences: readonly Difference[], isJson: boolean): string {
  if (isJson) {
    return toJson(differences);
  }
  const lines = differences.map(({ sign, policy, workspaceId, userName, application, outcome }) => {
    const who = userName === undefined ? workspaceId : `${workspaceId} (${userName})`;
    return printable(`${sign} ${policy}: ${who} ${outcome} ${application}`, 400);
  });
  const count = (sign: string) => differences.filter((one) => one.sign === sign).length;
  return `${[...lines, `${count('+')} more, ${count('-')} less.`].join('\n')}\n`;
}

function outcomesIn({ policies }: PlanDocument): Map<string, Omit<Difference, 'sign'>> {
  const outcomes = policies.flatMap(({ namespace, name, changes }) =>
    changes.flatMap(({ goal, heldBecause, workspaceId, userName, applicationId, applicationName = applicationId }) => {
      if (goal === undefined || heldBecause === 'Conflict') {
        return [];
      }
      const policy = `${namespace}/${name}`;
      const outcome = goal === 'Remove' ? ('loses' as const) : ('gains' as const);
      const difference = {
        policy,
        workspaceId,
        ...(userName !== undefined && { userName }),
        application: applicationName,
        outcome,
      };
      return [[`${policy} ${workspaceId} ${applicationId} ${outcome}`, difference] as const];
    }),
  );
  return new Map(outcomes);
}

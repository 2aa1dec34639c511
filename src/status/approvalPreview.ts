import { describeExcess, exceedsSafeguard } from '../plan/safeguard.ts';
import { sideEffectOf } from '../plan/sideEffects.ts';
import { sanitize } from '../sanitize.ts';
import { alignedLines } from '../table.ts';
import { endedSessions } from './endedSessions.ts';
import { type ListedAssociation, listedAssociations, type PolicyStatus } from './resource.ts';

/** Reasons of the holds that an approval ends. */
const ENDED_BY_APPROVAL: ReadonlySet<string> = new Set(['AwaitingApproval', 'SafeguardExceeded']);

/** Verdicts that ask for a removal. */
const REMOVING: ReadonlySet<string> = new Set(['Denied', 'Unlisted']);

/** Policy with a status, as far as a preview depends on it. */
interface PreviewedPolicy {
  readonly metadata: { readonly namespace?: string; readonly name: string };
  readonly status?: PolicyStatus | undefined;
}

/**
 * Returns a human-readable list of the changes that an approval of the proposed plan covers, as far as the status lists them, and after an
 * empty line what describes all of them, the most important first.
 *
 * @param userNames whether the list contains user names. Defaults to true
 */
export function approvalPreview({ metadata, status }: PreviewedPolicy, userNames = true): string {
  const covered = listedAssociations(status).filter(({ unapproved }) => unapproved === true);
  const replacements = new Map(
    covered.flatMap((one) =>
      one.replacement === undefined ? [] : [[`${one.workspaceID} ${one.replacement}`, one] as const],
    ),
  );
  const shown = covered.filter(
    (one) => one.replacement === undefined || replacements.get(`${one.workspaceID} ${one.replacement}`) === one,
  );
  const lines = shown.map((one) => {
    const { workspaceID, userName = '-', applicationName, associatedResourceID, replacement } = one;
    return [
      sanitize(workspaceID, 66),
      ...(userNames ? [sanitize(userName, 32)] : []),
      sanitize(replacement === undefined ? (applicationName ?? associatedResourceID) : `replaces ${replacement}`, 256),
      actionOf(one),
    ];
  });
  const unlisted = unlistedLine(status?.plan, covered.length);
  const removed = removedNames(covered, unlisted === undefined ? [] : status?.applications);
  const notes = ['', ...countLines(status?.plan), ...sideEffectsOf(removed)];
  const command = `  kubectl wsap plan -n ${metadata.namespace} ${metadata.name}`;
  return [...alignedLines(lines), ...notes, ...(unlisted === undefined ? [] : [unlisted, command])]
    .map((line) => `${line}\n`)
    .join('');
}

/** Returns what happens to an association after the approval. */
function actionOf({ action, replacement, holdReason }: ListedAssociation): string {
  const name =
    action === 'None' ? 'in progress' : replacement === undefined ? sanitize(action.toLowerCase(), 66) : 'replace';
  return holdReason === undefined || ENDED_BY_APPROVAL.has(holdReason) ? name : `${name} (${sanitize(holdReason, 64)})`;
}

/** Returns the numbers of the whole plan, and the warning about the safeguard. */
function countLines(plan: PolicyStatus['plan']): string[] {
  if (plan?.unapproved === undefined) {
    return [];
  }
  const { remove, install, replace = 0, affectedWorkspaces, unreadWorkspaces = 0, allowedWorkspaces } = plan.unapproved;
  const counts = { affected: affectedWorkspaces, unread: unreadWorkspaces, allowed: allowedWorkspaces };
  const ended = endedSessions(plan);
  return [
    [
      `Plan: ${remove} to remove, ${install} to install.`,
      ...(replace === 0 ? [] : [`${replace} ${replace === 1 ? 'replacement' : 'replacements'}.`]),
      ...(ended === undefined ? [] : [`${ended}.`]),
    ].join(' '),
    ...(exceedsSafeguard(counts) ? [`Exceeds maxAffectedWorkspaces: ${describeExcess(counts)}.`] : []),
  ];
}

/** Returns a line about the changes that the status doesn't list. Undefined if it lists all. */
function unlistedLine(plan: PolicyStatus['plan'], listed: number): string | undefined {
  if (plan?.unapproved === undefined) {
    return 'The status does not describe the changes of this plan. To list them, run:';
  }
  const { remove, install } = plan.unapproved;
  const unlisted = remove + install - listed;
  return unlisted <= 0
    ? undefined
    : `The status omits ${unlisted} more ${unlisted === 1 ? 'change' : 'changes'}. To list all of them, run:`;
}

/** Returns the names of the removed applications, including those that may be removed by changes that the status doesn't list. */
function removedNames(covered: readonly ListedAssociation[], others: PolicyStatus['applications'] = []): Set<string> {
  const removals = covered.filter(({ verdict }) => verdict !== 'Required');
  const possible = others.filter(({ verdict, associated }) => REMOVING.has(verdict) && associated > 0);
  return new Set([
    ...removals.flatMap(({ applicationName }) => applicationName ?? []),
    ...possible.flatMap(({ name }) => name ?? []),
  ]);
}

/** Returns a line for each removed application together with which AWS removes something else. */
function sideEffectsOf(names: ReadonlySet<string>): string[] {
  return [...names].sort().flatMap((name) => {
    const effect = sideEffectOf({ name });
    return effect === undefined ? [] : [`${sanitize(name, 64)}: ${effect}.`];
  });
}

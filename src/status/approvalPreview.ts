import { sideEffectOf } from '../plan/sideEffects.ts';
import { sanitize } from '../sanitize.ts';
import { alignedLines } from '../table.ts';
import { endedSessions } from './endedSessions.ts';
import { listedAssociations, type PolicyStatus } from './resource.ts';

/** Reasons of the holds that an approval ends. */
const ENDED_BY_APPROVAL: ReadonlySet<string | undefined> = new Set(['AwaitingApproval', 'SafeguardExceeded']);

/** Part of the message of Ready that shows that a plan exceeds the safeguard. The rest advises how to approve it. */
const EXCEEDED = /the plan removes applications from [^;]+ are allowed/;

/** Policy with a status, as far as a preview depends on it. */
interface PreviewedPolicy {
  readonly metadata: { readonly namespace?: string; readonly name: string };
  readonly status?: PolicyStatus | undefined;
}

/**
 * Returns a human-readable list of the changes that an approval of the proposed plan covers, as far as the status lists them.
 *
 * @param userNames whether the list contains user names. Defaults to true
 */
export function approvalPreview({ metadata, status }: PreviewedPolicy, userNames = true): string {
  const covered = listedAssociations(status).filter(({ holdReason }) => ENDED_BY_APPROVAL.has(holdReason));
  const replacements = new Map(
    covered.flatMap((one) =>
      one.replacement === undefined ? [] : [[`${one.workspaceID} ${one.replacement}`, one] as const],
    ),
  );
  const shown = covered.filter(
    (one) => one.replacement === undefined || replacements.get(`${one.workspaceID} ${one.replacement}`) === one,
  );
  const lines = shown.map(
    ({ workspaceID, userName = '-', applicationName, associatedResourceID, action, replacement }) => [
      sanitize(workspaceID, 66),
      ...(userNames ? [sanitize(userName, 32)] : []),
      sanitize(replacement === undefined ? (applicationName ?? associatedResourceID) : `replaces ${replacement}`, 256),
      replacement === undefined ? sanitize(action.toLowerCase(), 66) : 'replace',
    ],
  );
  const installs = covered.filter(({ verdict }) => verdict === 'Required').length;
  const omitted = status?.associationsOmitted ?? 0;
  // Ready carries the message of a hold of the whole plan.
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const exceeded = EXCEEDED.exec(ready?.message ?? '')?.[0];
  const ended = endedSessions(status?.plan ?? {});
  const notes = [
    '',
    `Plan: ${covered.length - installs} to remove, ${installs} to install.${replacements.size === 0 ? '' : ` ${replacements.size} ${replacements.size === 1 ? 'replacement' : 'replacements'}.`}`,
    ...(ended === undefined ? [] : [`${ended}.`]),
    ...sideEffectsOf(covered.filter(({ verdict }) => verdict !== 'Required')),
    ...(exceeded === undefined ? [] : [`Exceeds maxAffectedWorkspaces: ${sanitize(exceeded, 1024)}.`]),
    ...(omitted === 0
      ? []
      : [
          `The status omits ${omitted} more associations. To list all of them, run:`,
          `  kubectl wsap plan -n ${metadata.namespace} ${metadata.name}`,
        ]),
  ];
  return [...alignedLines(lines), ...notes].map((line) => `${line}\n`).join('');
}

/** Returns a line for each removed application together with which AWS removes something else. */
function sideEffectsOf(removals: readonly { readonly applicationName?: string }[]): string[] {
  const names = new Set(removals.flatMap(({ applicationName }) => applicationName ?? []));
  return [...names].sort().flatMap((name) => {
    const effect = sideEffectOf({ name });
    return effect === undefined ? [] : [`${sanitize(name, 64)}: ${effect}.`];
  });
}

import type { PolicyObject } from '../../kube/resources.ts';
import { sanitize } from '../../sanitize.ts';
import { alignedLines } from '../../table.ts';

/** Holds that end once a person approves the plan. */
const RELEASED: ReadonlySet<string | undefined> = new Set(['AwaitingApproval', 'SafeguardExceeded']);

/** What an approval of a policy's plan would have done, for people: every change that it releases, as far as the status has room for them. */
export function proposalOf({ metadata, status }: PolicyObject): string {
  const released = (status?.associations ?? []).filter(({ holdReason }) => RELEASED.has(holdReason));
  const lines = released.map(({ workspaceID, userName = '-', applicationName, associatedResourceID, action }) => [
    sanitize(workspaceID, 66),
    sanitize(userName, 32),
    sanitize(applicationName ?? associatedResourceID, 64),
    sanitize(action.toLowerCase(), 66),
  ]);
  const installs = released.filter(({ verdict }) => verdict === 'Required').length;
  const counts = `It takes away ${released.length - installs} and installs ${installs} of these.`;
  const omitted = status?.associationsOmitted ?? 0;
  // Ready carries the message of a hold of the whole plan.
  const exceeded = status?.conditions?.find(
    ({ type, reason }) => type === 'Ready' && reason === 'SafeguardExceeded',
  )?.message;
  const notes = [
    counts,
    ...(exceeded === undefined ? [] : [`It is beyond maxAffectedWorkspaces: ${sanitize(exceeded, 1024)}.`]),
    ...(omitted === 0
      ? []
      : [
          `The status has no room for ${omitted} more; this lists them all:`,
          `  kubectl wsap plan -n ${metadata.namespace} ${metadata.name}`,
        ]),
  ];
  return [...alignedLines(lines), ...notes].map((line) => `${line}\n`).join('');
}

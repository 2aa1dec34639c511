import { isTransitioning } from '../fleet/states.ts';
import { type Finding, isPending } from './plan.ts';

/**
 * Returns the outcome of a finding as text, for example, "ws-1 loses wsa-2", or "ws-1 loses wsa-2 and gains wsa-3" for both parts of a
 * replacement. It doesn't depend on the progress of the change until AWS carries it out.
 */
export function outcomeOf(finding: Finding): string {
  const { desired, association, replacement } = finding;
  if (replacement?.isOwn !== true) {
    return partOf(association.workspaceID, desired === 'Absent' ? 'loses' : 'gains', association.applicationID);
  }
  const ids = (applications: typeof replacement.removed) => applications.map(({ applicationID }) => applicationID);
  return `${association.workspaceID} loses ${ids(replacement.removed).join(' ')} and gains ${ids(replacement.installed).join(' ')}`;
}

function partOf(workspaceID: string, verb: 'loses' | 'gains', applicationID: string): string {
  return `${workspaceID} ${verb} ${applicationID}`;
}

const REPLACEMENT = /^(\S+) loses (.+) and gains (.+)$/;

/**
 * Returns the outcomes that remain of replacements that AWS carries out or has carried out in part. An approval of a replacement covers the
 * installation as soon as the removal is under way, and the removal as soon as the installation is.
 *
 * @param outcomes outcomes that may be those of replacements
 * @param findings findings of a plan, in which the parts are no longer one change
 */
export function remaindersOf(outcomes: Iterable<string>, findings: readonly Finding[]): string[] {
  const replacements = [...outcomes].flatMap((outcome) => {
    const [, workspaceID, removed = '', installed = ''] = REPLACEMENT.exec(outcome) ?? [];
    return workspaceID === undefined
      ? []
      : [{ workspaceID, removed: removed.split(' '), installed: installed.split(' ') }];
  });
  if (replacements.length === 0) {
    return [];
  }
  const byWorkspace = Map.groupBy(findings, ({ association }) => association.workspaceID);
  return replacements.flatMap(({ workspaceID, removed, installed }) => {
    const found = new Map((byWorkspace.get(workspaceID) ?? []).map((one) => [one.association.applicationID, one]));
    const isRemoved = removed.every((id) => isUnderWay(found.get(id)));
    const isInstalled = installed.every((id) => found.has(id) && isUnderWay(found.get(id)));
    return [
      ...(isRemoved ? installed.map((id) => partOf(workspaceID, 'gains', id)) : []),
      ...(isInstalled ? removed.map((id) => partOf(workspaceID, 'loses', id)) : []),
    ];
  });
}

function isUnderWay(finding: Finding | undefined): boolean {
  return finding === undefined || !isPending(finding) || isTransitioning(finding.association);
}

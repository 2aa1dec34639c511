import { isTransitioning } from '../fleet/states.ts';
import type { Sequence } from '../sequence.ts';
import { eachSliced, type Sliced } from '../slices.ts';
import { type Finding, isPending } from './plan.ts';

/**
 * Returns the outcome of a finding as text, for example, "ws-1 loses wsa-2", or "ws-1 loses wsa-2 and gains wsa-3" for both parts of a
 * replacement. It doesn't depend on the progress of the change until AWS carries it out.
 */
export function outcomeOf({ desired, workspace: { workspaceID }, application, replacement }: Finding): string {
  if (replacement?.isOwn !== true) {
    return partOf(workspaceID, desired === 'Absent' ? 'loses' : 'gains', application.applicationID);
  }
  const ids = (applications: typeof replacement.removed) => applications.map(({ applicationID }) => applicationID);
  return `${workspaceID} loses ${ids(replacement.removed).join(' ')} and gains ${ids(replacement.installed).join(' ')}`;
}

/** Yields the different outcomes of findings, which are sorted by WorkSpace. All parts of a replacement have the same outcome. */
export function* distinctOutcomes(findings: Iterable<Finding>): Generator<string, undefined, undefined> {
  let last: string | undefined;
  const seen = new Set<string>();
  for (const finding of findings) {
    const { workspaceID } = finding.workspace;
    if (workspaceID !== last) {
      last = workspaceID;
      seen.clear();
    }
    const outcome = outcomeOf(finding);
    if (!seen.has(outcome)) {
      seen.add(outcome);
      yield outcome;
    }
  }
}

function partOf(workspaceID: string, verb: 'loses' | 'gains', applicationID: string): string {
  return `${workspaceID} ${verb} ${applicationID}`;
}

const REPLACEMENT = /^(\S+) loses (.+) and gains (.+)$/;

/** Replacement of an outcome. */
interface Parts {
  readonly removed: readonly string[];
  readonly installed: readonly string[];
}

/**
 * Returns the outcomes that remain of replacements that AWS carries out or has carried out in part. An approval of a replacement covers the
 * installation as soon as the removal is under way, and the removal as soon as the installation is.
 *
 * @param outcomes outcomes that may be those of replacements
 * @param findings findings of a plan, in which the parts are no longer one change
 */
export function* remaindersOf(outcomes: Iterable<string>, findings: Sequence<Finding>): Sliced<ReadonlySet<string>> {
  const replacements = new Map<string, Parts[]>();
  yield* eachSliced(outcomes, (outcome) => {
    const [, workspaceID, removed = '', installed = ''] = REPLACEMENT.exec(outcome) ?? [];
    if (workspaceID !== undefined) {
      const parts = { removed: removed.split(' '), installed: installed.split(' ') };
      replacements.set(workspaceID, [...(replacements.get(workspaceID) ?? []), parts]);
    }
  });
  const remainders = new Set<string>();
  if (replacements.size === 0) {
    return remainders;
  }
  const byWorkspace = new Map<string, Map<string, Finding>>();
  yield* eachSliced(findings, (finding) => {
    const { workspaceID } = finding.workspace;
    if (replacements.has(workspaceID)) {
      const found = byWorkspace.get(workspaceID) ?? new Map<string, Finding>();
      byWorkspace.set(workspaceID, found.set(finding.application.applicationID, finding));
    }
  });
  yield* eachSliced(replacements, ([workspaceID, all]) => {
    const found = byWorkspace.get(workspaceID);
    for (const { removed, installed } of all) {
      const isRemoved = removed.every((id) => isUnderWay(found?.get(id)));
      const isInstalled = installed.every((id) => found?.has(id) === true && isUnderWay(found.get(id)));
      for (const id of isRemoved ? installed : []) {
        remainders.add(partOf(workspaceID, 'gains', id));
      }
      for (const id of isInstalled ? removed : []) {
        remainders.add(partOf(workspaceID, 'loses', id));
      }
    }
  });
  return remainders;
}

function isUnderWay(finding: Finding | undefined): boolean {
  return finding === undefined || !isPending(finding) || isTransitioning(finding.association);
}

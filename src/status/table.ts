import { formatMinute } from '../clock.ts';
import { isRevert } from '../plan/plan.ts';
import { sanitize } from '../sanitize.ts';
import type { Sequence } from '../sequence.ts';
import type { Sliced } from '../slices.ts';
import { alignedLines } from '../table.ts';
import type { Assessment } from './assessment.ts';
import { onePerReplacement, replacementOf } from './replacements.ts';
import { describeRollout, type RolloutStatus } from './rollout.ts';

/** Maximum number of lines. `kubectl describe` shows one per string, and the header must stay on the screen. */
const MAX_LINES = 20;
const HEADER = ['WORKSPACE', 'USER', 'APPLICATION', 'STATE', 'NEXT'];

/**
 * Returns the assessments as an aligned, human-readable table, header first, and the progress of the rollout; empty without assessments.
 */
export function* tableOf(all: Sequence<Assessment>, rollout?: RolloutStatus): Sliced<string[]> {
  const assessments = yield* onePerReplacement(all);
  if (assessments.length === 0) {
    return [];
  }
  const progress = rollout === undefined ? [] : [`rollout: ${describeRollout(rollout)}`];
  const maxRows = MAX_LINES - 1 - progress.length;
  const shown = assessments.length <= maxRows ? assessments : assessments.slice(0, maxRows - 1);
  const omitted = assessments.length - shown.length;
  return [
    ...alignedLines([HEADER, ...shown.map(cellsOf)]),
    ...(omitted > 0 ? [`and ${omitted} more`] : []),
    ...progress,
  ];
}

function cellsOf(assessment: Assessment): string[] {
  const { workspace, application, association } = assessment.finding;
  const replacement = replacementOf(assessment.finding);
  return [
    sanitize(workspace.workspaceID, 66),
    sanitize(workspace.userName ?? '-', 24),
    sanitize(
      replacement === undefined ? (application.name ?? application.applicationID) : `replaces ${replacement}`,
      120,
    ),
    sanitize(association.state ?? '-', 32),
    nextOf(assessment),
  ];
}

function nextOf({ severity, action, held, finding }: Assessment): string {
  const name = replacementOf(finding) === undefined ? action.toLowerCase() : 'replace';
  const isReverting = isRevert(finding);
  const verb = isReverting ? `${name} (revert)` : name;
  if (held !== undefined) {
    return held.until === undefined
      ? `${name} (${isReverting ? 'revert, ' : ''}${held.reason})`
      : `${verb} after ${formatMinute(held.until)} (${held.reason})`;
  }
  switch (severity) {
    case 'Failed':
      return `manual action required (${sanitize(finding.association.stateReason?.errorCode ?? 'unknown', 48)})`;
    case 'Held':
      return 'none (Conflict)';
    case 'InProgress':
      return action === 'None' ? 'wait for AWS' : verb;
    case 'Drifted':
      return finding.unrequested === 'Unmanaged' ? 'deploy or revert it in AWS' : verb;
    case 'Unknown':
      return 'confirm (Restored)';
    case 'Removed':
      return 'done';
    case 'Kept':
      return 'keep';
  }
}

import { formatMinute } from '../clock.ts';
import { sanitize } from '../sanitize.ts';
import { alignedLines } from '../table.ts';
import type { Assessment } from './assessment.ts';

/** `kubectl describe` shows one line for each string of a list; more would push the header off a screen. */
const MAX_LINES = 20;
const HEADER = ['WORKSPACE', 'USER', 'APPLICATION', 'STATE', 'NEXT'];

/** The rows as an aligned table for people, header first; empty without rows. */
export function tableOf(rows: readonly Assessment[]): string[] {
  if (rows.length === 0) {
    return [];
  }
  const shown = rows.length < MAX_LINES ? rows : rows.slice(0, MAX_LINES - 2);
  const lines = alignedLines([HEADER, ...shown.map(cellsOf)]);
  return shown.length === rows.length ? lines : [...lines, `and ${rows.length - shown.length} more`];
}

function cellsOf(row: Assessment): string[] {
  const { workspace, application, association } = row.finding;
  return [
    sanitize(workspace.workspaceID, 66),
    sanitize(workspace.userName ?? '-', 24),
    sanitize(application.name ?? application.applicationID, 48),
    sanitize(association.state ?? '-', 32),
    nextOf(row),
  ];
}

function nextOf({ severity, action, held, finding }: Assessment): string {
  const verb = action.toLowerCase();
  if (held !== undefined) {
    return held.until === undefined
      ? `${verb} (${held.reason})`
      : `${verb} after ${formatMinute(held.until)} (${held.reason})`;
  }
  switch (severity) {
    case 'Failed':
      return `see to it (${sanitize(finding.association.stateReason?.errorCode ?? 'unknown', 48)})`;
    case 'Held':
      return 'left alone (Conflict)';
    case 'InProgress':
      return action === 'None' ? 'wait for AWS' : verb;
    case 'Drifted':
      return verb;
    case 'Removed':
      return 'done';
    case 'Kept':
      return 'keep';
  }
}

import { toTheMinute } from '../clock.ts';
import { printable } from '../printable.ts';
import type { Row } from './rows.ts';

/** `kubectl describe` shows one line for each string of a list; more would push the header off a screen. */
const MAX_LINES = 20;
const HEADER = ['WORKSPACE', 'USER', 'APPLICATION', 'STATE', 'NEXT'];

/** The rows as an aligned table for people, header first; empty without rows. */
export function tableOf(rows: readonly Row[]): string[] {
  if (rows.length === 0) {
    return [];
  }
  const shown = rows.length < MAX_LINES ? rows : rows.slice(0, MAX_LINES - 2);
  const cells = [HEADER, ...shown.map(cellsOf)];
  const widths = HEADER.map((_, column) => Math.max(...cells.map((line) => [...(line[column] ?? '')].length)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return shown.length === rows.length ? lines : [...lines, `and ${rows.length - shown.length} more`];
}

function cellsOf(row: Row): string[] {
  const { workspace, application, association } = row.finding;
  return [
    printable(workspace.workspaceID, 66),
    printable(workspace.userName ?? '-', 24),
    printable(application.name ?? application.applicationID, 48),
    printable(association.state ?? '-', 32),
    nextOf(row),
  ];
}

function nextOf({ urgency, action, held, finding }: Row): string {
  const verb = action.toLowerCase();
  if (held !== undefined) {
    return held.until === undefined
      ? `${verb} (${held.reason})`
      : `${verb} after ${toTheMinute(held.until)} (${held.reason})`;
  }
  switch (urgency) {
    case 'Failed':
      return `see to it (${printable(finding.association.stateReason?.errorCode ?? 'unknown', 48)})`;
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

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - [...cell].length));
}

import { stringify } from 'csv-stringify/sync';
import { sanitize } from '../../../sanitize.ts';
import type { FleetReport, ReportedWorkspace } from './document.ts';

const COLUMNS = [
  'policy',
  'workspaceID',
  'userName',
  'applicationID',
  'applicationName',
  'verdict',
  'state',
  'standing',
  'action',
  'holdReason',
  'until',
  'message',
] as const satisfies (keyof ReportedWorkspace)[];

/** The WorkSpaces of a report as RFC 4180 has it, the most urgent first. What a spreadsheet would take for a formula is quoted for it. */
export function reportCsv({ workspaces }: FleetReport): string {
  const rows = workspaces.map((one) => COLUMNS.map((column) => sanitize(one[column] ?? '', 1024)));
  return stringify([[...COLUMNS], ...rows], { escape_formulas: true, record_delimiter: 'windows' });
}

import { stringify } from 'csv-stringify/sync';
import { sanitize } from '../../../sanitize.ts';
import type { FleetReport } from './document.ts';
import type { ReportedWorkspace } from './workspaces.ts';

const COLUMNS = [
  'policy',
  'workspaceID',
  'userName',
  'applicationID',
  'applicationName',
  'verdict',
  'state',
  'status',
  'action',
  'holdReason',
  'until',
  'message',
] as const satisfies (keyof ReportedWorkspace)[];

/**
 * Formats the WorkSpaces of a report as CSV (RFC 4180), most urgent first. Text that a spreadsheet would read as a formula is escaped.
 *
 * @param bom whether to start with a byte order mark, without which Excel doesn't read a file as UTF-8
 */
export function reportCsv({ workspaces }: FleetReport, { bom }: { readonly bom: boolean }): string {
  const rows = workspaces.map((row) => COLUMNS.map((column) => sanitize(row[column] ?? '', 1024)));
  return stringify([[...COLUMNS], ...rows], { bom, escape_formulas: true, record_delimiter: 'windows' });
}

import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import { sanitize } from '../../../sanitize.ts';
import type { SourceFlags } from '../../commands/flags.ts';
import { CliError, EXIT, stopSignal } from '../../exit.ts';
import { toJson } from '../../output/safeOutput.ts';
import { verifyFiles } from '../audit/audit.ts';
import { openSources } from '../plan/planSources.ts';
import { changeReport } from './changes/document.ts';
import { CHANGE_FORMATS } from './changes/formats.ts';
import { reportCsv } from './csv.ts';
import { type FleetReport, fleetReport } from './document.ts';
import { reportPage } from './page.ts';
import { type Prices, readPrices } from './prices.ts';

/** Flags of `wsap report`. */
export interface ReportFlags extends SourceFlags {
  readonly output: ReportFormat;
  readonly outputFile?: string;
  readonly prices?: string;
  /** Milliseconds. */
  readonly since?: number;
  readonly auditLog?: readonly string[];
}

/** Output formats of `wsap report`. */
export type ReportFormat = 'html' | 'csv' | 'json';

/**
 * Evaluates the selected policies and writes the report.
 *
 * @throws CliError if the sources can't be read or the report can't be written
 */
export async function writeReport(names: readonly string[], flags: ReportFlags): Promise<void> {
  const { output, outputFile } = flags;
  if (output === 'html' && outputFile === undefined && process.stdout.isTTY) {
    throw new CliError('HTML output requires a file; set --output-file or redirect the output');
  }
  const prices = flags.prices === undefined ? undefined : await readPrices(flags.prices);
  if (flags.since !== undefined || flags.auditLog !== undefined) {
    await writeText(await changesText(names, flags, prices), outputFile);
    return;
  }
  const { planner, isSelected } = await openSources(names, flags, stopSignal());
  const previews = await planner.preview(isSelected);
  const isOnTerminal = outputFile === undefined && process.stdout.isTTY === true;
  const text = textOf(fleetReport(previews, prices, systemClock.now()), output, isOnTerminal);
  await writeText(text, outputFile);
  process.exitCode = previews.some(({ result }) => !('plan' in result)) ? EXIT.error : EXIT.nothing;
}

/** Flags that limit a report of policies. A report of changes that ignores them would look limited. */
const SELECTING_FLAGS = [
  ['filename', '--filename'],
  ['inventory', '--inventory'],
  ['mergeCluster', '--merge-cluster'],
  ['namespace', '--namespace'],
  ['operatorNamespace', '--operator-namespace'],
] as const satisfies (readonly [keyof ReportFlags, string])[];

/** Returns the report of the changes in audit logs. */
async function changesText(names: readonly string[], flags: ReportFlags, prices: Prices | undefined): Promise<string> {
  const { since, auditLog = [], output } = flags;
  if (since === undefined || auditLog.length === 0) {
    throw new CliError('a report of changes needs --since and --audit-log');
  }
  if (names.length > 0) {
    throw new CliError('a report of changes covers all policies in the audit log; remove the names of policies');
  }
  const unused = SELECTING_FLAGS.find(([name]) => flags[name] !== undefined && flags[name] !== false);
  if (unused !== undefined) {
    throw new CliError(`a report of changes covers all policies in the audit log; remove ${unused[1]}`);
  }
  const verification = await verifyFiles(auditLog, { isPartial: true });
  if (verification.problems.length > 0) {
    throw new CliError('the audit log is not intact; run wsap audit verify');
  }
  const now = systemClock.now();
  return CHANGE_FORMATS[output](changeReport(verification, new Date(now.getTime() - since), prices, now));
}

async function writeText(text: string, outputFile: string | undefined): Promise<void> {
  if (outputFile === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(outputFile, text).catch((error: Error) => {
    throw new CliError(`cannot write ${sanitize(outputFile)}: ${sanitize(error.message)}`);
  });
}

function textOf(report: FleetReport, format: ReportFormat, isOnTerminal: boolean): string {
  switch (format) {
    case 'html':
      return reportPage(report);
    case 'csv':
      return reportCsv(report, { bom: !isOnTerminal });
    case 'json':
      return toJson(report);
  }
}

import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import { sanitize } from '../../../sanitize.ts';
import type { SourceFlags } from '../../commands/flags.ts';
import { CliError, EXIT, stopSignal } from '../../exit.ts';
import { toJson } from '../../output/safeOutput.ts';
import { openSources } from '../plan/planSources.ts';
import { reportCsv } from './csv.ts';
import { type FleetReport, fleetReport } from './document.ts';
import { reportPage } from './page.ts';
import { readPrices } from './prices.ts';

/** Flags of `wsap report`. */
export interface ReportFlags extends SourceFlags {
  readonly output: ReportFormat;
  readonly outputFile?: string;
  readonly prices?: string;
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
  const { planner, isSelected } = await openSources(names, flags, stopSignal());
  const previews = await planner.preview(isSelected);
  const isOnTerminal = outputFile === undefined && process.stdout.isTTY === true;
  const text = textOf(fleetReport(previews, prices, systemClock.now()), output, isOnTerminal);
  if (outputFile === undefined) {
    process.stdout.write(text);
  } else {
    await writeFile(outputFile, text).catch((error: Error) => {
      throw new CliError(`cannot write ${sanitize(outputFile)}: ${sanitize(error.message)}`);
    });
  }
  process.exitCode = previews.some(({ result }) => !('plan' in result)) ? EXIT.error : EXIT.nothing;
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

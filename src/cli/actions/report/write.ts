import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import { sanitize } from '../../../sanitize.ts';
import type { SourceFlags } from '../../commands/sourceFlags.ts';
import { CliError, EXIT } from '../../output/cliError.ts';
import { toJson } from '../../output/safeOutput.ts';
import { sourcesFrom } from '../plan/planSources.ts';
import { stopSignal } from '../signals.ts';
import { reportCsv } from './csv.ts';
import { type FleetReport, fleetReport } from './document.ts';
import { reportPage } from './page.ts';
import { readPrices } from './prices.ts';

/** What to report on, and where to write it. */
export interface ReportFlags extends SourceFlags {
  readonly output: ReportFormat;
  readonly outputFile?: string;
  readonly prices?: string;
}

/** How a report can be written. */
export type ReportFormat = 'html' | 'csv' | 'json';

/** Evaluates the policies, and writes what came of it. */
export async function writeReport(names: readonly string[], flags: ReportFlags): Promise<void> {
  const { output, outputFile } = flags;
  if (output === 'html' && outputFile === undefined && process.stdout.isTTY) {
    throw new CliError('a page is nothing for a terminal: name a file with --output-file, or redirect the output');
  }
  const prices = flags.prices === undefined ? undefined : await readPrices(flags.prices);
  const { planner, isMeant } = await sourcesFrom(names, flags, stopSignal());
  const previews = await planner.preview(isMeant);
  const text = textOf(fleetReport(previews, prices, systemClock.now()), output);
  if (outputFile === undefined) {
    process.stdout.write(text);
  } else {
    await writeFile(outputFile, text).catch((error: Error) => {
      throw new CliError(`${sanitize(outputFile)} can't be written: ${sanitize(error.message)}`);
    });
  }
  process.exitCode = previews.some(({ result }) => !('plan' in result)) ? EXIT.error : EXIT.nothing;
}

function textOf(report: FleetReport, format: ReportFormat): string {
  switch (format) {
    case 'html':
      return reportPage(report);
    case 'csv':
      return reportCsv(report);
    case 'json':
      return toJson(report);
  }
}

import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { systemClock } from '../../clock.ts';
import { printable } from '../../printable.ts';
import { CliError, EXIT } from '../failure.ts';
import { sourcesFrom } from '../plan/sources.ts';
import { stopSignal } from '../signals.ts';
import type { SourceFlags } from '../sourceFlags.ts';
import { toJson } from '../structured.ts';
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
  const { world, isMeant } = await sourcesFrom(names, flags, stopSignal());
  const previews = await world.preview(isMeant);
  const text = textOf(fleetReport(previews, prices, systemClock.now()), output);
  if (outputFile === undefined) {
    process.stdout.write(text);
  } else {
    await writeFile(outputFile, text).catch((error: Error) => {
      throw new CliError(`${printable(outputFile)} can't be written: ${printable(error.message)}`);
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

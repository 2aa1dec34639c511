import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import type { SourceFlags } from '../../commands/flags.ts';
import { CliError, EXIT, stopSignal } from '../../exit.ts';
import { isColored } from '../../output/terminal.ts';
import { DIFFERENCE_FORMATS, type Difference, differencesBetween } from './differences.ts';
import { hasChanges, type PlanDocument, planDocument } from './document.ts';
import { exceptionsFor } from './exceptions.ts';
import { explanationOf } from './explain.ts';
import { PLAN_FORMATS, type PlanFormat } from './formats.ts';
import { openSources } from './planSources.ts';

/** Flags of `wsap plan`. */
export interface PlanFlags extends SourceFlags {
  readonly output: PlanFormat;
  readonly detailedExitcode: boolean;
  readonly explain: boolean;
  readonly diffAgainst?: readonly string[];
  readonly generateExceptions: boolean;
}

/**
 * Plans the selected policies and prints the plan.
 *
 * @throws CliError if the flags contradict each other or the policies can't be read
 */
export async function showPlan(names: readonly string[], flags: PlanFlags): Promise<void> {
  const { diffAgainst, filename } = flags;
  if (diffAgainst !== undefined && filename === undefined) {
    throw new CliError('--diff-against requires the files to compare with; set -f');
  }
  const { planner, earlier, isSelected, inventories } = await openSources(names, flags, stopSignal(), diffAgainst);
  const document = planDocument(await planner.preview(isSelected));
  const differences =
    earlier === undefined ? undefined : differencesBetween(planDocument(await earlier.preview(isSelected)), document);
  process.stdout.write(textOf(document, differences, flags));
  if (flags.explain) {
    process.stderr.write(explanationOf(inventories(), flags.awsRequestsPerSecond));
  }
  const isChanged = differences === undefined ? hasChanges(document) : differences.length > 0;
  if (document.summary.failed > 0) {
    process.exitCode = EXIT.error;
  } else if (flags.detailedExitcode && isChanged) {
    process.exitCode = EXIT.changes;
  }
}

function textOf(
  document: PlanDocument,
  differences: readonly Difference[] | undefined,
  { output, generateExceptions }: PlanFlags,
): string {
  if (differences !== undefined) {
    return DIFFERENCE_FORMATS[output](differences, isColored());
  }
  return generateExceptions ? exceptionsFor(document, systemClock.now()) : PLAN_FORMATS[output](document, isColored());
}

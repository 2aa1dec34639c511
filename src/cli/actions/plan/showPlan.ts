import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import type { SourceFlags } from '../../commands/sourceFlags.ts';
import { CliError, EXIT } from '../../output/cliError.ts';
import { isColoured } from '../../output/terminal.ts';
import { stopSignal } from '../signals.ts';
import { DIFFERENCE_FORMATS, type Difference, differencesBetween } from './differences.ts';
import { hasChanges, type PlanDocument, planDocument } from './document.ts';
import { exceptionsFor } from './exceptions.ts';
import { explanationOf } from './explain.ts';
import { PLAN_FORMATS, type PlanFormat } from './formats.ts';
import { sourcesFrom } from './planSources.ts';

/** What to plan, and how to show it. */
export interface PlanFlags extends SourceFlags {
  readonly output: PlanFormat;
  readonly detailedExitcode: boolean;
  readonly explain: boolean;
  readonly diffAgainst?: readonly string[];
  readonly generateExceptions: boolean;
}

/** Plans, and shows what came of it. */
export async function showPlan(names: readonly string[], flags: PlanFlags): Promise<void> {
  const { diffAgainst, filename } = flags;
  if (diffAgainst !== undefined && filename === undefined) {
    throw new CliError('--diff-against compares with the policies of -f; name those, too');
  }
  const { planner, earlier, isMeant, inventories } = await sourcesFrom(names, flags, stopSignal(), diffAgainst);
  const document = planDocument(await planner.preview(isMeant));
  const differences =
    earlier === undefined ? undefined : differencesBetween(planDocument(await earlier.preview(isMeant)), document);
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
    return DIFFERENCE_FORMATS[output](differences, isColoured());
  }
  return generateExceptions ? exceptionsFor(document, systemClock.now()) : PLAN_FORMATS[output](document, isColoured());
}

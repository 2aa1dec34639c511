import process from 'node:process';
import { systemClock } from '../../clock.ts';
import { CliError, EXIT } from '../failure.ts';
import { stopSignal } from '../signals.ts';
import type { SourceFlags } from '../sourceFlags.ts';
import { isColoured } from '../terminal.ts';
import { choiceOf } from './choice.ts';
import { hasChanges, type PlanDocument, planDocument } from './document.ts';
import { differencesBetween, exceptionsFor, showDifferences } from './exceptions.ts';
import { explanationOf } from './explain.ts';
import { PLAN_FORMATS, type PlanFormat } from './formats.ts';
import { worldFrom } from './sources.ts';

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
  const sources = await worldFrom(flags, stopSignal());
  const { world, versionOf, inventories } = sources;
  const isMeant = choiceOf(names, flags, sources);
  const document = planDocument(await world.preview(isMeant));
  process.stdout.write(await textOf(document));
  if (flags.explain) {
    process.stderr.write(explanationOf(inventories(), flags.awsRequestsPerSecond));
  }
  if (document.summary.failed > 0) {
    process.exitCode = EXIT.error;
  } else if (flags.detailedExitcode && hasChanges(document)) {
    process.exitCode = EXIT.changes;
  }

  async function textOf(planned: PlanDocument): Promise<string> {
    if (diffAgainst !== undefined) {
      const before = planDocument(await (await versionOf(diffAgainst)).preview(isMeant));
      return showDifferences(differencesBetween(before, planned), flags.output === 'json');
    }
    if (flags.generateExceptions) {
      return exceptionsFor(planned, systemClock.now());
    }
    const show: (document: PlanDocument, isColoured: boolean) => string = PLAN_FORMATS[flags.output];
    return show(planned, isColoured());
  }
}

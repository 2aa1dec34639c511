import process from 'node:process';
import { systemClock } from '../../clock.ts';
import type { Policy } from '../../policy/policy.ts';
import { printable } from '../../printable.ts';
import type { AwsFlags } from '../awsFlags.ts';
import { CliError, EXIT } from '../failure.ts';
import type { KubeFlags } from '../kubeFlags.ts';
import { stopSignal } from '../signals.ts';
import { isColoured } from '../terminal.ts';
import { hasChanges, type PlanDocument, planDocument } from './document.ts';
import { differencesBetween, exceptionsFor, showDifferences } from './exceptions.ts';
import { explanationOf } from './explain.ts';
import { PLAN_FORMATS, type PlanFormat } from './formats.ts';
import { type SourceFlags, worldFrom } from './sources.ts';

/** What to plan, and how to show it. */
export interface PlanFlags extends AwsFlags, KubeFlags, SourceFlags {
  readonly output: PlanFormat;
  readonly allNamespaces: boolean;
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
  const { world, versionOf, namespace, inventories } = await worldFrom(flags, stopSignal());
  const missing = names.find((name) => !world.has(name, flags.allNamespaces ? undefined : namespace));
  if (missing !== undefined) {
    throw new CliError(
      `there is no policy ${printable(missing)}${namespace === undefined ? ' in the files' : ` in the namespace ${namespace}`}`,
    );
  }
  const isMeant = (policy: Policy) =>
    (namespace === undefined || flags.allNamespaces || policy.namespace === namespace) &&
    (names.length === 0 || names.includes(policy.name));
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

import process from 'node:process';
import { compareWithCloudTrail, type TrailComparison } from '../../../audit/cloudTrail.ts';
import type { TrailPeriod } from '../../../audit/trailEvents.ts';
import { AuditVerifier, auditedResult, type Verification, type VerificationOptions } from '../../../audit/verify.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError, EXIT } from '../../exit.ts';
import { toJson } from '../../output/safeOutput.ts';
import { type AnchorFlags, anchorsOf } from './anchors.ts';
import { logLines } from './lines.ts';
import { readTrailEvents } from './readTrail.ts';

/** Flags of `wsap audit`. */
export interface AuditFlags extends AnchorFlags {
  readonly cloudtrail?: readonly string[];
  readonly cloudtrailPeriod?: TrailPeriod;
  readonly partial: boolean;
  readonly output: 'text' | 'json';
}

/**
 * Verifies audit logs and prints the result.
 *
 * @throws CliError if a file or a fleet can't be read
 */
export async function verifyAuditLog(files: readonly string[], flags: AuditFlags): Promise<void> {
  if (flags.cloudtrailPeriod !== undefined && flags.cloudtrail === undefined) {
    throw new CliError('--cloudtrail-period needs --cloudtrail');
  }
  const anchors = await anchorsOf(flags);
  const verification = await verifyFiles(files, { anchors, isPartial: flags.partial });
  const events = flags.cloudtrail && (await readTrailEvents(flags.cloudtrail, flags.cloudtrailPeriod));
  const since = verification.startsAt ?? new Date(0);
  const comparison = events && compareWithCloudTrail(verification.changes, events, since);
  const summary = summaryOf(verification, comparison, anchors?.length);
  process.stdout.write(flags.output === 'json' ? toJson(summary) : textOf(summary, events?.events.length === 0));
  process.exitCode = exitCodeOf(summary);
}

/**
 * Verifies audit logs.
 *
 * @throws CliError if a file can't be read, or if no file contains a record
 */
export async function verifyFiles(files: readonly string[], options: VerificationOptions): Promise<Verification> {
  const verifier = new AuditVerifier(options);
  for (const file of files) {
    let line = 0;
    for await (const text of logLines(file)) {
      verifier.add(text, { file: file === '-' ? '(stdin)' : file, line: ++line });
    }
  }
  const verification = verifier.finish();
  if (verification.records === 0 && verification.problems.length === 0) {
    throw new CliError(
      `${files.map((file) => sanitize(file)).join(', ')}: no audit record; pass the file of wsap operator --audit-log, or its standard output, ` +
        'and check that your log pipeline does not parse and rewrite JSON lines',
    );
  }
  return verification;
}

/** Result of a verification, as JSON. */
interface AuditSummary {
  readonly intact: boolean;
  readonly records: number;
  readonly chains: number;
  readonly otherLines: number;
  readonly tornLines: number;
  readonly anchors: number;
  /** Processes with records that no anchor covers, and the last covered record. Null without `--fleet` and `--fleet-file`. */
  readonly uncoveredProcesses: readonly { readonly process: string; readonly afterRecord: number }[] | null;
  readonly changes: {
    readonly total: number;
    readonly succeeded: number;
    readonly rejected: number;
    readonly notSent: number;
    readonly unknown: number;
  };
  readonly cloudTrail: Omit<TrailComparison, 'problems'> | null;
  readonly problems: readonly { readonly kind: string; readonly message: string; readonly position: string | null }[];
}

/** Returns the summary. `anchors`: number of anchors, undefined if no fleet was read. */
function summaryOf(
  verification: Verification,
  comparison: TrailComparison | undefined,
  anchors: number | undefined,
): AuditSummary {
  const { records, chains, otherLines, tornLines, changes } = verification;
  const count = (result: ReturnType<typeof auditedResult>) =>
    changes.filter((change) => auditedResult(change) === result).length;
  const problems = [
    ...verification.problems.map(({ kind, message, at }) => ({
      kind,
      message: sanitize(message, 512),
      position: at === undefined ? null : `${sanitize(at.file)}:${at.line}`,
    })),
    ...(comparison?.problems ?? []).map(({ kind, message }) => ({
      kind,
      message: sanitize(message, 512),
      position: null,
    })),
  ];
  return {
    intact: problems.length === 0,
    records,
    chains,
    otherLines,
    tornLines,
    anchors: anchors ?? 0,
    uncoveredProcesses:
      anchors === undefined
        ? null
        : verification.uncoveredChains.map(({ chain, after }) => ({ process: sanitize(chain), afterRecord: after })),
    changes: {
      total: changes.length,
      succeeded: count('Succeeded'),
      rejected: count('Rejected'),
      notSent: count('NotSent'),
      unknown: count('Unknown'),
    },
    cloudTrail: comparison === undefined ? null : countsOf(comparison),
    problems,
  };
}

function countsOf({ problems: _, unnamedOperators, ...counts }: TrailComparison): Omit<TrailComparison, 'problems'> {
  return { ...counts, unnamedOperators: unnamedOperators.map((name) => sanitize(name)) };
}

function exitCodeOf(summary: AuditSummary): number {
  return summary.intact ? (openChanges(summary) > 0 ? EXIT.changes : EXIT.nothing) : EXIT.error;
}

/** Returns the number of changes without a known result. CloudTrail settles results as far as its events cover their time, account, and region. */
function openChanges({ changes, cloudTrail }: AuditSummary): number {
  return cloudTrail === null ? changes.unknown : cloudTrail.pending + cloudTrail.notCovered;
}

/** Maximum number of problems in the text output. */
const MAX_LINES = 50;

/** @param isTrailEmpty whether events of CloudTrail were read, and contain no change */
function textOf(summary: AuditSummary, isTrailEmpty: boolean): string {
  const { records, chains, tornLines, anchors, changes, cloudTrail, problems } = summary;
  const { total, succeeded, rejected, notSent, unknown } = changes;
  const shown = problems.slice(0, MAX_LINES);
  const lines = [
    ...shown.map(({ kind, message, position }) => `${position === null ? '' : `${position}: `}${kind}: ${message}`),
    ...(problems.length > MAX_LINES ? [`${problems.length - MAX_LINES} more problems; see -o json`] : []),
    `Records: ${records}, processes: ${chains}${anchors === 0 ? '' : `, anchors: ${anchors}`}`,
    `Changes: ${total}, ${succeeded} succeeded, ${rejected} rejected, ${notSent} not sent, ${unknown} unknown`,
    ...(tornLines === 0 ? [] : [`Records that were not written completely: ${tornLines}`]),
    ...coverageText(summary),
    ...(cloudTrail === null ? [] : trailText(cloudTrail)),
    ...(isTrailEmpty
      ? [
          'The events of CloudTrail contain no change of an application; check that the export succeeded, and its account, region, and period',
        ]
      : []),
    conclusionOf(summary),
  ];
  return `${lines.join('\n')}\n`;
}

function conclusionOf(summary: AuditSummary): string {
  const open = openChanges(summary);
  const changes = open === 1 ? '1 change' : `${open} changes`;
  if (!summary.intact) {
    return 'The audit log is not intact.';
  }
  return open === 0
    ? 'The audit log is intact.'
    : summary.cloudTrail === null
      ? `The audit log is intact, but the result of ${changes} is unknown.`
      : `The audit log is intact, but CloudTrail does not confirm ${changes}.`;
}

/** Returns what the log alone can't show. */
function coverageText({ uncoveredProcesses }: AuditSummary): string[] {
  if (uncoveredProcesses === null) {
    return [
      'Not checked without --fleet or --fleet-file: whether records at the end, or all records of a process, are missing or replaced',
    ];
  }
  const names = uncoveredProcesses.map(({ process, afterRecord }) =>
    afterRecord === 0 ? process : `${process} (after record ${afterRecord})`,
  );
  return names.length === 0
    ? []
    : [
        `Not checked, because status.audit of the fleets names no later record: whether records at the end are missing or replaced for ${listOf(names)}`,
      ];
}

function trailText(trail: NonNullable<AuditSummary['cloudTrail']>): string[] {
  const { matched, settled, pending, notCovered, others, earlier, unnamedOperators } = trail;
  return [
    `CloudTrail: ${matched} confirmed, ${settled} settled, ${pending} pending, ${notCovered} not covered, ${others} calls of others`,
    ...(notCovered === 0 ? [] : ['Not covered: the events lack the time, the account, or the region of these changes']),
    ...(earlier === 0 ? [] : [`Calls of the operator before the first record of the log: ${earlier}`]),
    ...(unnamedOperators.length === 0
      ? []
      : [`Operators that made calls, and that the log does not contain: ${listOf(unnamedOperators)}`]),
  ];
}

function listOf(names: readonly string[]): string {
  const more = names.length > MAX_LINES ? `, and ${names.length - MAX_LINES} more; see -o json` : '';
  return `${names.slice(0, MAX_LINES).join(', ')}${more}`;
}

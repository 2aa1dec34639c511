import { Argument, Command, Option } from 'commander';
import type { AuditFlags } from '../actions/audit/audit.ts';
import { addClusterFlags, addExamples, reflow } from './flags.ts';
import { periodBetween } from './optionValues.ts';

/** Returns the command `wsap audit`. */
export function auditCommand(): Command {
  const command = new Command('audit')
    .summary('Verify the audit log')
    .description(
      reflow(`Verify the audit log: that no record was changed, removed, or reordered since the operator wrote it.

The files contain records of wsap operator --audit-log, in the order in which they were written. Lines without a record are skipped, so
that you can pass a log of standard output, also in the format of Docker, or an export of CloudWatch Logs or Loki. Files whose names end
with .gz are decompressed. A - reads standard input.

With --fleet or --fleet-file, also checks that the log contains the last records that the status of the WorkspaceFleet names. This shows whether records at
the end are missing. Lists the processes whose last records neither the status nor a covered later process names. With --cloudtrail,
compares the log with the calls that AWS CloudTrail recorded.

Exits with 0 if the log is intact, with 1 if it isn't, and with 2 if it is intact, but contains changes whose result is unknown, or that
the events of CloudTrail don't show yet or don't cover.`),
    )
    .addArgument(new Argument('<action>', 'What to do').choices(['verify']))
    .argument('<files...>', 'Audit logs, the oldest first')
    .option(
      '--cloudtrail <files...>',
      'Events of CloudTrail: its log files, a folder with them, the output of lookup-events, or rows of CloudTrail Lake in JSON',
    )
    .addOption(
      new Option(
        '--cloudtrail-period <start/end>',
        'Time that these events cover completely, for example, 2026-11-01/2026-12-01; by default, the time between them without its first and last 15 minutes',
      ).argParser(periodBetween),
    )
    .option('--fleet <names...>', 'WorkspaceFleets in the cluster whose status names the last records')
    .option(
      '--fleet-file <files...>',
      'Saved WorkspaceFleets whose status names the last records, for example, of kubectl get wsfleet -o yaml',
    )
    .option(
      '--partial',
      'The files are only a part of the log: earlier records are missing, or those of other processes',
      false,
    )
    .addOption(new Option('-o, --output <format>', 'Output format').choices(['text', 'json']).default('text'));
  addExamples(addClusterFlags(command), {
    'Verify a log and its rotated files': 'wsap audit verify audit.log.2.gz audit.log.1 audit.log --fleet emea',
    'Verify the records of all pods':
      'kubectl -n wsap-system logs -l app.kubernetes.io/name=wsap --tail=-1 | wsap audit verify - --partial',
    'Verify a log with fleets that you saved every day': 'wsap audit verify audit.log --fleet-file fleets/',
    'Compare the log with CloudTrail': 'wsap audit verify audit.log --cloudtrail events',
  });
  return command.action(async (_action: string, files: readonly string[], flags: AuditFlags) => {
    const { verifyAuditLog } = await import('../actions/audit/audit.ts');
    await verifyAuditLog(files, flags);
  });
}

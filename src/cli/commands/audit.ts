import { Argument, Command, Option } from 'commander';
import type { AuditFlags } from '../actions/audit/audit.ts';
import { addExamples, addKubeFlags, reflow } from './flags.ts';

/** Returns the command `wsap audit`. */
export function auditCommand(): Command {
  const command = new Command('audit')
    .summary('Verify the audit log')
    .description(
      reflow(`Verify the audit log: that no record was changed, removed, or reordered since the operator wrote it.

The files contain records of wsap operator --audit-log, in the order in which they were written. Lines without a record are skipped, so
that you can pass a log of standard output. Files whose names end with .gz are decompressed. A - reads standard input.

With --fleet, also checks that the log contains the last records that the status of the WorkspaceFleet names. This shows whether records at
the end are missing. Lists the processes that the status and later processes don't name. With --cloudtrail, compares the log with the calls that AWS CloudTrail recorded.

Exits with 0 if the log is intact, with 1 if it isn't, and with 2 if it is intact, but contains changes whose result is unknown or that
CloudTrail doesn't show yet.`),
    )
    .addArgument(new Argument('<action>', 'What to do').choices(['verify']))
    .argument('<files...>', 'Audit logs, the oldest first')
    .option(
      '--cloudtrail <files...>',
      'Events of CloudTrail: its log files, the output of lookup-events, or rows of CloudTrail Lake in JSON',
    )
    .option('--fleet <names...>', 'WorkspaceFleets in the cluster whose status names the last records')
    .option(
      '--partial',
      'The files are only a part of the log: earlier records are missing, or those of other processes',
      false,
    )
    .addOption(new Option('-o, --output <format>', 'Output format').choices(['text', 'json']).default('text'));
  addExamples(addKubeFlags(command), {
    'Verify a log and its rotated files': 'wsap audit verify audit.log.2.gz audit.log.1 audit.log --fleet emea',
    'Verify the records of a pod': 'kubectl -n wsap-system logs deployment/wsap | wsap audit verify - --partial',
    'Compare the log with CloudTrail': 'wsap audit verify audit.log --cloudtrail events/*.json.gz',
  });
  return command.action(async (_action: string, files: readonly string[], flags: AuditFlags) => {
    const { verifyAuditLog } = await import('../actions/audit/audit.ts');
    await verifyAuditLog(files, flags);
  });
}

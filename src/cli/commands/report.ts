import { Command, Option } from 'commander';
import type { ReportFlags, ReportFormat } from '../actions/report/report.ts';
import { addExamples, addSourceFlags, reflow } from './flags.ts';
import { periodMs } from './optionValues.ts';

const FORMATS: ReportFormat[] = ['html', 'csv', 'json'];

/** Returns the command `wsap report`. */
export function reportCommand(): Command {
  const command = new Command('report')
    .summary('Write a compliance report')
    .description(
      reflow(`Write a compliance report as a self-contained HTML page, CSV, or JSON.

With -f, the report covers the policies in the files. Without -f, it covers the policies in the cluster, including their latest runs.

To include costs, provide a prices file; AWS has no API for these prices. A price applies to one application on one WorkSpace:

  currency: EUR
  prices:
  - {application: {name: "Microsoft Visio*"}, perMonth: 14.50}
  - {application: {id: wsa-0123456789}, perMonth: 9}

With --since and --audit-log, the report covers the changes that the operator made instead: what it removed and installed, for which users,
why, who edited and approved the policy, and what this saves per month. It reads neither the cluster nor AWS.

Exits with 1 if a policy can't be evaluated; the report shows the reason.`),
    )
    .addOption(new Option('-o, --output <format>', 'Output format').choices(FORMATS).default('html'))
    .option('--output-file <file>', 'Write the report to this file instead of stdout')
    .option('--prices <file>', 'File with the monthly prices of applications')
    .addOption(
      new Option(
        '--since <duration>',
        'Report the changes of this period, for example, 30d; needs --audit-log',
      ).argParser(periodMs),
    )
    .option('--audit-log <files...>', 'Audit logs of the operator, the oldest first; - for standard input');
  addExamples(addSourceFlags(command), {
    'Report on all policies in the cluster': 'kubectl wsap report -A --output-file report.html',
    'Report on policies in files, with costs':
      'wsap report -f policies/ --inventory fleet.yaml --prices prices.yaml > report.html',
    'Report on the changes of the last 30 days, with savings':
      'wsap report --since 30d --audit-log audit.log --prices prices.yaml > changes.html',
    'Export the associations to a spreadsheet': 'wsap report -f policies/ --inventory fleet.yaml -o csv > report.csv',
  });
  return command.action(async (names: string[], flags: ReportFlags) => {
    const { writeReport } = await import('../actions/report/report.ts');
    await writeReport(names, flags);
  });
}

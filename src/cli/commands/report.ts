import { Command, Option } from 'commander';
import type { ReportFlags, ReportFormat } from '../actions/report/write.ts';
import { addSourceFlags } from './sourceFlags.ts';

const FORMATS: ReportFormat[] = ['html', 'csv', 'json'];

/** `wsap report`: a page for people who don't live in a terminal. */
export function reportCommand(): Command {
  const command = new Command('report')
    .description('write one self-contained page, or CSV, about WorkSpaces and their applications, and change nothing')
    .addOption(new Option('-o, --output <format>', 'how to write it').choices(FORMATS).default('html'))
    .option('--output-file <file>', 'write it to this file and not to stdout')
    .option('--prices <file>', 'what applications cost a month, to show costs');
  return addSourceFlags(command)
    .addHelpText(
      'after',
      `
With -f the policies are those of the files; without, those of the cluster, with what their statuses tell of the last runs.
AWS tells nobody's prices; a prices file says what you pay for an application on one WorkSpace:

  currency: EUR
  prices:
  - {application: {name: "Microsoft Visio*"}, perMonth: 14.50}
  - {application: {id: wsa-0123456789}, perMonth: 9}

Exits with 1 if a policy couldn't be evaluated; the report says why.

Examples:
  kubectl wsap report -A --output-file report.html
  wsap report -f policies/ --inventory fleet.yaml --prices prices.yaml > report.html
  wsap report -f policies/ --inventory fleet.yaml -o csv > report.csv`,
    )
    .action(async (names: string[], flags: ReportFlags) => {
      const { writeReport } = await import('../actions/report/write.ts');
      await writeReport(names, flags);
    });
}

import { Command } from 'commander';
import { sanitize } from '../sanitize.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { iamCommand } from './commands/iam.ts';
import { inventoryCommand } from './commands/inventory.ts';
import { lintCommand } from './commands/lint.ts';
import { operatorCommand } from './commands/operator.ts';
import { planCommand } from './commands/plan.ts';
import { reportCommand } from './commands/report.ts';
import { approveCommand, reconcileCommand, resumeCommand, suspendCommand } from './commands/request.ts';
import { getCommand, statusCommand } from './commands/show.ts';
import { simulateCommand } from './commands/simulate.ts';
import { testCommand } from './commands/test.ts';
import { version } from './version.ts';

/** `wsap` with all its commands. */
export function createProgram(): Command {
  const program = new Command('wsap')
    .description('desired state for the applications of Amazon WorkSpaces')
    .version(version)
    .option('-v, --verbose', 'show where in the program an error came from')
    .commandsGroup('Before a change:')
    .addCommand(planCommand())
    .addCommand(lintCommand())
    .addCommand(testCommand())
    .addCommand(inventoryCommand())
    .addCommand(simulateCommand())
    .commandsGroup('In the cluster:')
    .addCommand(getCommand())
    .addCommand(statusCommand())
    .addCommand(reportCommand())
    .addCommand(reconcileCommand())
    .addCommand(approveCommand())
    .addCommand(suspendCommand())
    .addCommand(resumeCommand())
    .commandsGroup('The installation:')
    .addCommand(iamCommand())
    .addCommand(doctorCommand())
    .addCommand(operatorCommand())
    .addCommand(completionCommand());
  program.addCommand(completeCommand(program), { hidden: true });
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ outputError: (text, write) => write(complaint(text)) });
  }
  return program;
}

/** What commander says of wrong flags, as all other errors: in a line. It repeats the flags, and they may come from anywhere. */
function complaint(text: string): string {
  const message = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ');
  return `wsap: ${sanitize(message, 1024)}\n`;
}

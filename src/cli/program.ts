import { Command } from 'commander';
import { printable } from '../printable.ts';
import { approveCommand, reconcileCommand, resumeCommand, suspendCommand } from './ask.ts';
import { completeCommand, completionCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { iamCommand } from './iam.ts';
import { inventoryCommand } from './inventory.ts';
import { lintCommand } from './lint.ts';
import { operatorCommand } from './operator.ts';
import { planCommand } from './plan.ts';
import { reportCommand } from './report.ts';
import { getCommand, statusCommand } from './show.ts';
import { simulateCommand } from './simulate.ts';
import { testCommand } from './test.ts';
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
  return `wsap: ${printable(message, 1024)}\n`;
}

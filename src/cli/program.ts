import { Command, Help } from 'commander';
import { sanitize } from '../sanitize.ts';
import { approveCommand } from './commands/approve.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { confirmCommand } from './commands/confirm.ts';
import { doctorCommand } from './commands/doctor.ts';
import { getCommand } from './commands/get.ts';
import { iamCommand } from './commands/iam.ts';
import { inventoryCommand } from './commands/inventory.ts';
import { lintCommand } from './commands/lint.ts';
import { notifyCommand } from './commands/notify.ts';
import { operatorCommand } from './commands/operator.ts';
import { planCommand } from './commands/plan.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { reportCommand } from './commands/report.ts';
import { resumeCommand } from './commands/resume.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { suspendCommand } from './commands/suspend.ts';
import { testCommand } from './commands/test.ts';
import { version } from './version.ts';

/** Returns the program `wsap` with all of its commands. */
export function createProgram(): Command {
  const program = new Command('wsap')
    .description('wsap manages the applications of Amazon WorkSpaces declaratively.')
    .version(version, '-V, --version', 'Print the version')
    .option('-v, --verbose', 'Print the stack trace of an error')
    .commandsGroup('Plan and validate:')
    .addCommand(planCommand())
    .addCommand(lintCommand())
    .addCommand(testCommand())
    .addCommand(inventoryCommand())
    .addCommand(simulateCommand())
    .commandsGroup('Manage policies:')
    .addCommand(getCommand())
    .addCommand(statusCommand())
    .addCommand(reconcileCommand())
    .addCommand(approveCommand())
    .addCommand(confirmCommand())
    .addCommand(suspendCommand())
    .addCommand(resumeCommand())
    .addCommand(reportCommand())
    .addCommand(notifyCommand())
    .commandsGroup('Install and operate:')
    .addCommand(operatorCommand())
    .addCommand(iamCommand())
    .addCommand(doctorCommand())
    .addCommand(completionCommand())
    .helpCommand('help [command]', 'Show help for a command')
    .addHelpText('after', '\nUse "wsap <command> --help" for more information about a command.');
  program.addCommand(completeCommand(program), { hidden: true });
  for (const command of [program, ...program.commands]) {
    command
      .helpOption('-h, --help', 'Show help')
      // A list of commands without their arguments, and options without the default of false.
      .configureHelp({
        minWidthToWrap: 30,
        subcommandTerm: (subcommand) => subcommand.name(),
        optionDescription: (option) => (option.isBoolean() ? option.description : new Help().optionDescription(option)),
      })
      .configureOutput({ outputError: (text, write) => write(usageError(text, command)) });
  }
  return program;
}

/** Formats an error of commander like all other errors, in one line. It repeats arguments, which may contain control characters. */
function usageError(text: string, command: Command): string {
  const message = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ');
  const names = [command.parent?.name(), command.name()].filter((name) => name !== undefined);
  const hint = `"${names.join(' ')} --help"`;
  return `wsap: ${sanitize(message, 1024)}${message.endsWith('.') ? ` See ${hint}.` : `; see ${hint}`}\n`;
}

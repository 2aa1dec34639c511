#!/usr/bin/env node
import process from 'node:process';
import { Command } from 'commander';
import { printable } from '../printable.ts';
import { approveCommand, reconcileCommand, resumeCommand, suspendCommand } from './ask.ts';
import { completeCommand, completionCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { CliError } from './failure.ts';
import { inventoryCommand } from './inventory.ts';
import { lintCommand } from './lint.ts';
import { operatorCommand } from './operator.ts';
import { planCommand } from './plan.ts';
import { getCommand, statusCommand } from './show.ts';
import { simulateCommand } from './simulate.ts';
import { testCommand } from './test.ts';
import { version } from './version.ts';

const program = new Command('wsap')
  .description('desired state for the applications of Amazon WorkSpaces')
  .version(version)
  .commandsGroup('Before a change:')
  .addCommand(planCommand())
  .addCommand(lintCommand())
  .addCommand(testCommand())
  .addCommand(inventoryCommand())
  .addCommand(simulateCommand())
  .commandsGroup('In the cluster:')
  .addCommand(getCommand())
  .addCommand(statusCommand())
  .addCommand(reconcileCommand())
  .addCommand(approveCommand())
  .addCommand(suspendCommand())
  .addCommand(resumeCommand())
  .commandsGroup('The installation:')
  .addCommand(doctorCommand())
  .addCommand(operatorCommand())
  .addCommand(completionCommand());
program.addCommand(completeCommand(program), { hidden: true });

try {
  await program.parseAsync();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  // A message of several lines is our own, and its parts are printable; of any other only the first line is.
  const lines = error instanceof CliError ? message.split('\n') : [message];
  process.stderr.write(`wsap: ${lines.map((line) => printable(line, 2048)).join('\n')}\n`);
  process.exitCode = 1;
}

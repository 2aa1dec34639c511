#!/usr/bin/env node
import process from 'node:process';
import { Command } from 'commander';
import { printable } from '../printable.ts';
import { inventoryCommand } from './inventory.ts';
import { lintCommand } from './lint.ts';
import { operatorCommand } from './operator.ts';
import { simulateCommand } from './simulate.ts';
import { version } from './version.ts';

const program = new Command('wsap')
  .description('desired state for the applications of Amazon WorkSpaces')
  .version(version)
  .addCommand(inventoryCommand())
  .addCommand(lintCommand())
  .addCommand(operatorCommand())
  .addCommand(simulateCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`wsap: ${printable(error instanceof Error ? error.message : String(error), 2048)}\n`);
  process.exitCode = 1;
}

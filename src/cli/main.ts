#!/usr/bin/env node
import process from 'node:process';
import { printable } from '../printable.ts';
import { CliError } from './failure.ts';
import { createProgram } from './program.ts';

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  const isVerbose = program.opts<{ verbose?: boolean }>().verbose === true;
  const message = error instanceof Error ? (isVerbose && error.stack) || error.message : String(error);
  // A message of several lines is our own, and its parts are printable; of any other only the first line is, but for a stack.
  const lines = error instanceof CliError || isVerbose ? message.split('\n') : [message];
  process.stderr.write(`wsap: ${lines.map((line) => printable(line, 2048)).join('\n')}\n`);
  process.exitCode = 1;
}

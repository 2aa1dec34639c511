#!/usr/bin/env node
// First of all: it ends where Node.js is too old for the rest.
import './nodeVersion.ts';
import process from 'node:process';
import { sanitize } from '../sanitize.ts';
import { CliError } from './output/cliError.ts';
import { createProgram } from './program.ts';

const program = createProgram();
// What Node prints of an error that nobody caught are all of its members, and those of HTTP clients carry requests with their credentials.
process.on('uncaughtException', (error) => {
  tell(error);
  process.exit(1);
});
try {
  await program.parseAsync();
} catch (error) {
  tell(error);
  process.exitCode = 1;
}

function tell(error: unknown): void {
  const isVerbose = program.opts<{ verbose?: boolean }>().verbose === true;
  const message = error instanceof Error ? (isVerbose && error.stack) || error.message : String(error);
  // A message of several lines is our own, and its parts are printable; of any other only the first line is, but for a stack.
  const lines = error instanceof CliError || isVerbose ? message.split('\n') : [message];
  process.stderr.write(`wsap: ${lines.map((line) => sanitize(line, 2048)).join('\n')}\n`);
}

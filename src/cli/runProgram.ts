import process from 'node:process';
import { sanitize } from '../sanitize.ts';
import { CliError } from './exit.ts';
import { createProgram } from './program.ts';

const program = createProgram();
// Node prints all properties of an uncaught error. Those of HTTP clients contain requests with credentials.
process.on('uncaughtException', (error) => {
  printError(error);
  process.exit(1);
});
try {
  await program.parseAsync();
} catch (error) {
  printError(error);
  process.exitCode = 1;
}

function printError(error: unknown): void {
  const isVerbose = program.opts<{ verbose?: boolean }>().verbose === true;
  const message = error instanceof Error ? (isVerbose && error.stack) || error.message : String(error);
  // Only the messages of CliErrors and stacks have several lines. The line breaks of others are sanitized.
  const lines = error instanceof CliError || isVerbose ? message.split('\n') : [message];
  process.stderr.write(`wsap: ${lines.map((line) => sanitize(line, 2048)).join('\n')}\n`);
}

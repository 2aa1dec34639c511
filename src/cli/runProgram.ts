import process from 'node:process';
import { sanitize } from '../sanitize.ts';
import { CliError } from './exit.ts';
import { createProgram } from './program.ts';

/** Runs the command in the arguments of the process. Prints its error and sets the exit code. */
export async function runProgram(): Promise<void> {
  const program = createProgram();
  const printError = (error: unknown) =>
    process.stderr.write(errorText(error, program.opts<{ verbose?: boolean }>().verbose === true));
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
}

function errorText(error: unknown, isVerbose: boolean): string {
  const message = error instanceof Error ? (isVerbose && error.stack) || error.message : String(error);
  // Only the messages of CliErrors and stacks have several lines. The line breaks of others are sanitized.
  const lines = error instanceof CliError || isVerbose ? message.split('\n') : [message];
  return `wsap: ${lines.map((line) => sanitize(line, 2048)).join('\n')}\n`;
}

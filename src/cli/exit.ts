import process from 'node:process';

/** An error that the user can fix. Only its message is printed, in one line on stderr. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

/** Exit codes, as in `terraform plan -detailed-exitcode`. */
export const EXIT = { nothing: 0, error: 1, changes: 2 } as const;

/** Returns a signal that SIGINT and SIGTERM abort. A second one ends the process at once, with the given exit code. */
export function stopSignal(reason = 'interrupted', exitCode = 130): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => (stop.signal.aborted ? process.exit(exitCode) : stop.abort(new Error(reason)));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return stop.signal;
}

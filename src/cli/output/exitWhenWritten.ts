import process from 'node:process';

/** Maximum time that the reader of stdout can delay the end of the process. */
const EXIT_TIMEOUT_MS = 1_000;

/** Ends the process after stdout has received all lines. Ends it at once if they were written already, and late if the reader is stuck. */
export function exitWhenWritten(code?: number): void {
  if (process.stdout.writableLength === 0 || process.stdout.destroyed) {
    process.exit(code);
  }
  setTimeout(() => process.exit(code), EXIT_TIMEOUT_MS);
  process.stdout.write('', () => process.exit(code));
}

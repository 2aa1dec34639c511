import process from 'node:process';

/** How often it is redrawn, in milliseconds. */
const EVERY = 200;

/** Shows on stderr, where that is a terminal, what a long wait has come to, and wipes it away at the end. */
export async function withProgress<T>(line: () => string, work: () => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) {
    return work();
  }
  const timer = setInterval(() => process.stderr.write(`\r\u001b[K${line()}`), EVERY);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.stderr.write('\r\u001b[K');
  }
}

const BAR = 24;

/** How far it is, as a bar where that can be told. `expected`: an estimate of all calls. */
export function progressOf(calls: number, expected: number | undefined): string {
  if (expected === undefined || calls > expected) {
    return `${calls} calls`;
  }
  const done = Math.floor((BAR * calls) / expected);
  return `[${'#'.repeat(done)}${'-'.repeat(BAR - done)}] ${calls} of about ${expected} calls`;
}

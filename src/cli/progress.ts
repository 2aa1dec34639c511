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

import process from 'node:process';
import { styleText } from 'node:util';

/** A color or weight, as `styleText` names it. */
export type Style = Parameters<typeof styleText>[0];

/** Whether stdout is a terminal that shows colors. NO_COLOR disables colors (https://no-color.org). */
export function isColored(): boolean {
  const { isTTY = false } = process.stdout;
  return isTTY && process.stdout.hasColors() && !process.env.NO_COLOR;
}

/** Returns the text in a style if stdout shows colors, otherwise unchanged. */
export function colored(style: Style, text: string, enabled: boolean = isColored()): string {
  return enabled && style !== 'reset' ? styleText(style, text, { validateStream: false }) : text;
}

/** Interval between updates of a progress line. */
const PROGRESS_INTERVAL_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

/** Shows a progress line on stderr while `work` runs, if stderr is a terminal. Clears the line at the end. */
export async function withProgress<T>(line: () => string, work: () => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) {
    return work();
  }
  const timer = setInterval(() => process.stderr.write(`${CLEAR_LINE}${line()}`), PROGRESS_INTERVAL_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.stderr.write(CLEAR_LINE);
  }
}

const BAR_WIDTH = 24;

/** Returns a progress bar for the number of calls. `expected`: estimated number of all calls; without it, only the number is shown. */
export function progressOf(calls: number, expected: number | undefined): string {
  if (expected === undefined || calls > expected) {
    return `${calls} calls`;
  }
  const done = Math.floor((BAR_WIDTH * calls) / expected);
  return `[${'#'.repeat(done)}${'-'.repeat(BAR_WIDTH - done)}] ${calls} of about ${expected} calls`;
}

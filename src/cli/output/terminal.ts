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
  return `${progressBar(calls, expected)} ${calls} of about ${expected} calls`;
}

/** Returns a progress bar, for example, `[######------------------]`. */
export function progressBar(done: number, total: number): string {
  const filled = total === 0 ? BAR_WIDTH : Math.floor((BAR_WIDTH * Math.min(done, total)) / total);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}

/** Moves the cursor to the top left corner and clears the screen, for output that is drawn again. */
export const CLEAR_SCREEN = '\u001b[H\u001b[2J';

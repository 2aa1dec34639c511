/** The stream that shows progress: a terminal or a log. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** A progress line. Updated each second on a terminal; printed each 30 s elsewhere. */
export class ProgressLine {
  readonly #stream: ProgressStream;

  constructor(stream: ProgressStream = process.stderr) {
    this.#stream = stream;
  }

  /** Prints a permanent line. */
  say(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  /** Shows `text()` and the elapsed time while `work` runs for more than half a second. */
  async during<T>(text: () => string, work: () => Promise<T>): Promise<T> {
    const tty = this.#stream.isTTY === true;
    const started = performance.now();
    let timer: NodeJS.Timeout;
    let shown = false;
    const show = () => {
      const line = `${text()}; ${minutes(performance.now() - started)} elapsed`;
      this.#stream.write(tty ? `\r\x1b[2K${line.slice(0, (this.#stream.columns ?? 80) - 1)}` : `${line}\n`);
      shown = true;
      timer = setTimeout(show, tty ? 1_000 : 30_000);
    };
    timer = setTimeout(show, 500);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      if (tty && shown) {
        this.#stream.write('\r\x1b[2K');
      }
    }
  }
}

/** Formats a duration in milliseconds, for example, `2:05`. */
export function minutes(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

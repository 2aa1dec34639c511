/** The part of a terminal or log that progress is written to. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** One line that says what is going on: rewritten each second on a terminal, a new line each 30 s elsewhere. */
export class ProgressLine {
  readonly #stream: ProgressStream;

  constructor(stream: ProgressStream = process.stderr) {
    this.#stream = stream;
  }

  /** Writes a line that stays. */
  say(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  /** Shows `text()` and the time so far while `work` goes on. What is over within half a second isn't worth a line. */
  async during<T>(text: () => string, work: () => Promise<T>): Promise<T> {
    const tty = this.#stream.isTTY === true;
    const started = performance.now();
    let timer: NodeJS.Timeout;
    let shown = false;
    const show = () => {
      const line = `${text()}; ${minutes(performance.now() - started)} so far`;
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

/** A duration in milliseconds as `2:05`. */
export function minutes(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

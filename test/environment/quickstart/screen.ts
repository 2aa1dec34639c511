import { styleText } from 'node:util';

/** Colors and weights, as styleText of node:util names them. An empty list is none. */
export type Style = Parameters<typeof styleText>[0];

const CLEAR_LINE = '\r\x1b[2K';

/** Prints numbered phases with lines below them. Colors and progress lines are only for terminals. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #rewrites: boolean;
  #phases = 0;
  #pending = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#rewrites = stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** Returns text in a color or weight; unchanged if the stream shows no colors or NO_COLOR is set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }

  /** Prints one or more lines. */
  line(text = ''): void {
    this.#stream.write(this.#pending === '' ? `${text}\n` : `${CLEAR_LINE}${text}\n${this.#pending}`);
  }

  /** Prints an indented block. */
  block(text: string, style: Style = []): void {
    for (const line of text.trimEnd().split('\n')) {
      this.line(line === '' ? '' : `   ${this.style(style, line)}`);
    }
  }

  /** Prints a heading. */
  heading(text: string): void {
    this.line(this.style('bold', text));
  }

  /** Prints the heading of the next numbered phase. */
  beginPhase(text: string): void {
    this.heading(`${this.#nextNumber()}${text}`);
  }

  /** Runs a numbered phase that has only one line. */
  phase<T>(progress: string, work: () => Promise<T>, done: (result: T) => string): Promise<T> {
    return this.task(progress, work, done, this.#nextNumber());
  }

  /** Runs a task that has one line: its progress, only on a terminal, then its result and its duration. */
  async task<T>(progress: string, work: () => Promise<T>, done: (result: T) => string, prefix = ''): Promise<T> {
    const started = performance.now();
    const finish = (style: Style, text: string) => {
      const took = `… ${((performance.now() - started) / 1000).toFixed(1)} s`;
      const clear = this.#pending === '' ? '' : CLEAR_LINE;
      this.#pending = '';
      this.#stream.write(`${clear}${this.style(style, `${prefix}${text}`)} ${this.style('dim', took)}\n`);
    };
    if (this.#rewrites) {
      this.#pending = `${prefix}${progress} …`;
      this.#stream.write(`${CLEAR_LINE}${this.#pending}`);
    }
    try {
      const result = await work();
      finish('bold', done(result));
      return result;
    } catch (error) {
      finish('red', `${progress} failed`);
      throw error;
    }
  }

  #nextNumber(): string {
    this.#phases += 1;
    return `${this.#phases}  `;
  }
}

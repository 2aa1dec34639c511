import { styleText } from 'node:util';

/** Colours and weights, as styleText of node:util names them; an empty list is none. */
export type Style = Parameters<typeof styleText>[0];

const CLEAR_LINE = '\r\x1b[2K';

/** Where the story scrolls by: numbered phases, and lines below them. Colours and a line that is rewritten only on a terminal. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #rewrites: boolean;
  #phases = 0;
  #pending = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#rewrites = stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** Text in a colour or weight; as it is where the stream shows none, or NO_COLOR is set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }

  /** Writes a line, or several. */
  line(text = ''): void {
    this.#stream.write(this.#pending === '' ? `${text}\n` : `${CLEAR_LINE}${text}\n${this.#pending}`);
  }

  /** Writes an indented block, in a style if one is given. */
  block(text: string, style: Style = []): void {
    for (const line of text.trimEnd().split('\n')) {
      this.line(line === '' ? '' : `   ${this.style(style, line)}`);
    }
  }

  /** A line that says what the next ones are. */
  heading(text: string): void {
    this.line(this.style('bold', text));
  }

  /** Begins the next numbered phase. */
  beginPhase(text: string): void {
    this.heading(`${this.#nextNumber()}${text}`);
  }

  /** A numbered phase of one line. */
  phase<T>(doing: string, work: () => Promise<T>, done: (result: T) => string): Promise<T> {
    return this.task(doing, work, done, this.#nextNumber());
  }

  /** One line: what is going on while it does, on a terminal; then what came of it, and how long it took. */
  async task<T>(doing: string, work: () => Promise<T>, done: (result: T) => string, prefix = ''): Promise<T> {
    const started = performance.now();
    const finish = (style: Style, text: string) => {
      const took = `… ${((performance.now() - started) / 1000).toFixed(1)} s`;
      const clear = this.#pending === '' ? '' : CLEAR_LINE;
      this.#pending = '';
      this.#stream.write(`${clear}${this.style(style, `${prefix}${text}`)} ${this.style('dim', took)}\n`);
    };
    if (this.#rewrites) {
      this.#pending = `${prefix}${doing} …`;
      this.#stream.write(`${CLEAR_LINE}${this.#pending}`);
    }
    try {
      const result = await work();
      finish('bold', done(result));
      return result;
    } catch (error) {
      finish('red', `${doing}: given up`);
      throw error;
    }
  }

  #nextNumber(): string {
    this.#phases += 1;
    return `${this.#phases}  `;
  }
}

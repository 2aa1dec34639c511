import { type DestinationStream, type Logger, pino } from 'pino';
import { messageOf } from '../../kube/apiError.ts';
import { sanitize, stripControlCharacters } from '../../sanitize.ts';
import { logText } from './logText.ts';
import { isColoured } from './terminal.ts';

export interface LogOptions {
  readonly level: string;
  /** One JSON object a line, for machines; or the same as text, for a person at a terminal. */
  readonly format: 'json' | 'text';
  /** Standard output unless given. */
  readonly destination?: DestinationStream;
}

/** So much of a stack is logged. */
const MAX_FRAMES = 20;
const MAX_CAUSES = 5;

/** The operator's log. Nothing in it can control a terminal, and of an error only what is known to be harmless is written. */
export function createLog({ level, format, destination = pino.destination(1) }: LogOptions): Logger {
  const render = format === 'json' ? stripControlCharacters : (line: string) => logText(JSON.parse(line), isColoured());
  const lines: DestinationStream = { write: (line) => destination.write(`${render(line.trimEnd())}\n`) };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    lines,
  );
}

/**
 * An error for the log: what it says, and where it and its causes come from. Other members stay out, as those of HTTP clients carry
 * requests with their Authorization header; and so does what the causes of our own errors say, which those repeat as far as it is safe.
 */
export function describeError(error: unknown): object {
  const causes: { type: string; stack: string[] }[] = [];
  for (let one = error; one instanceof Error && causes.length < MAX_CAUSES; one = one.cause) {
    const frames = (one.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
    causes.push({ type: one.name, stack: frames.slice(0, MAX_FRAMES).map((line) => sanitize(line.trim(), 512)) });
  }
  return { message: sanitize(messageOf(error), 2048), causes };
}

import process from 'node:process';
import { type DestinationStream, type Logger, pino } from 'pino';
import { withoutRecords } from '../../audit/line.ts';
import { messageOf } from '../../kube/apiError.ts';
import { sanitize, stripControlCharacters } from '../../sanitize.ts';
import { colored, isColored, type Style } from './terminal.ts';

export interface LogOptions {
  /** Minimum level of the entries. */
  readonly level: string;
  /** `json`: one JSON object per line. `text`: human-readable lines. */
  readonly format: 'json' | 'text';
  /** Defaults to stdout. */
  readonly destination?: DestinationStream;
}

/** Maximum number of stack frames that are logged for an error. */
const MAX_FRAMES = 20;
const MAX_CAUSES = 5;

/** Returns the log of the operator. Entries contain no control characters and no audit records, and errors no secrets (see `describeError`). */
export function createLog({ level, format, destination = standardOutput() }: LogOptions): Logger {
  const render = format === 'json' ? stripControlCharacters : (line: string) => logText(JSON.parse(line), isColored());
  const lines: DestinationStream = {
    write: (line) => destination.write(`${withoutRecords(render(line.trimEnd()))}\n`),
  };
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
 * Returns stdout. Audit records use the same stream, because two writers of one pipe tear each other's lines. An error of the stream rejects
 * the audit records, and must not end the process for the sake of the log.
 */
function standardOutput(): DestinationStream {
  process.stdout.on('error', () => {});
  return process.stdout;
}

/**
 * Describes an error for the log: its message, and the stacks of the error and its causes. Omits other properties, because those of HTTP
 * clients contain requests with an Authorization header. Omits the messages of causes, because the project's own errors already repeat
 * the safe part.
 */
function describeError(error: unknown): object {
  const causes: { type: string; stack: string[] }[] = [];
  for (let current = error; current instanceof Error && causes.length < MAX_CAUSES; current = current.cause) {
    const frames = (current.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
    causes.push({ type: current.name, stack: frames.slice(0, MAX_FRAMES).map((line) => sanitize(line.trim(), 512)) });
  }
  return { message: sanitize(messageOf(error), 2048), causes };
}

/** A log entry as pino writes it. */
type LogEntry = Readonly<Record<string, unknown>>;

const LEVEL_STYLES: Readonly<Record<string, Style>> = { trace: 'dim', debug: 'dim', warn: 'yellow', error: 'red' };

/** Formats a log entry as text: time, level, and message, then the other fields as `key=value`, as in Go's slog and logfmt. */
export function logText({ time, level, msg = '', ...rest }: LogEntry, isColored: boolean): string {
  const name = String(level);
  const fields = Object.entries(rest).map(
    ([key, value]) => `${colored('dim', `${stripControlCharacters(key)}=`, isColored)}${valueText(value)}`,
  );
  const levelText = colored(LEVEL_STYLES[name] ?? 'reset', plainText(name).toUpperCase().padEnd(5), isColored);
  return [plainText(time), levelText, plainText(msg), ...fields].join(' ');
}

/** Quotes a value that contains spaces, quotes, or equals signs. */
function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return stripControlCharacters(typeof value !== 'string' || /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text));
}

function plainText(value: unknown): string {
  return stripControlCharacters(String(value));
}

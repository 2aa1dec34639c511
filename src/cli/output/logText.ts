import { styleText } from 'node:util';
import { stripControlCharacters } from '../../sanitize.ts';

/** A line of the log as pino writes it. */
type Line = Readonly<Record<string, unknown>>;

const STYLES: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  trace: 'dim',
  debug: 'dim',
  warn: 'yellow',
  error: 'red',
};

/** A line of the log for a person: time, level and message, then everything else as `key=value`, as Go's slog and logfmt have it. */
export function logText({ time, level, msg = '', ...rest }: Line, isColoured: boolean): string {
  const style = (name: Parameters<typeof styleText>[0] | undefined, text: string) =>
    isColoured && name !== undefined ? styleText(name, text, { validateStream: false }) : text;
  const name = String(level);
  const fields = Object.entries(rest).map(
    ([key, value]) => `${style('dim', `${stripControlCharacters(key)}=`)}${shown(value)}`,
  );
  const head = [plain(time), style(STYLES[name], plain(name).toUpperCase().padEnd(5)), plain(msg)];
  return [...head, ...fields].join(' ');
}

/** Quoted where it would be taken for several words or fields. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return stripControlCharacters(typeof value !== 'string' || /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text));
}

function plain(value: unknown): string {
  return stripControlCharacters(String(value));
}

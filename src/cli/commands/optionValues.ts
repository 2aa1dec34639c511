import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../policy/duration.ts';

// Parsers for the values of options. Each throws an InvalidArgumentError that says which values are valid.

/** Parses a number greater than 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('Must be a number greater than 0.');
  }
  return value;
}

/** Parses a number of at least 0. */
export function nonNegativeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('Must be 0 or a number greater than 0.');
  }
  return value;
}

/** Parses an integer greater than 0. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new InvalidArgumentError('Must be an integer greater than 0.');
  }
  return value;
}

/** Parses a TCP port; 0 selects a free one. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (!(/^\d+$/.test(text) && port <= 65_535)) {
    throw new InvalidArgumentError('Must be a port number from 0 to 65535.');
  }
  return port;
}

/** Parses a duration greater than 0. Returns milliseconds. */
export function durationMs(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds === 0) {
    throw new InvalidArgumentError('Must be a duration, for example, 30s or 5m.');
  }
  return milliseconds;
}

/** A hundred years. Times before them need not be valid. */
const MAX_PERIOD_MS = 36_500 * 24 * 60 * 60_000;

/** Parses a period, in which days are allowed too. Returns milliseconds. */
export function periodMs(text: string): number {
  const [, days] = /^([1-9]\d{0,4})d$/.exec(text) ?? [];
  const milliseconds = days === undefined ? parseDuration(text) : Number(days) * 24 * 60 * 60_000;
  if (milliseconds === undefined || milliseconds === 0 || milliseconds > MAX_PERIOD_MS) {
    throw new InvalidArgumentError('Must be a duration of at most 36500d, for example, 30d or 12h.');
  }
  return milliseconds;
}

/** Parses two times in RFC 3339, the start and the end of a period, separated by a slash. A date is its start in UTC. */
export function periodBetween(text: string): { readonly start: Date; readonly end: Date } {
  const times = text
    .split('/')
    .filter((time) => /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(time));
  const [start = Number.NaN, end = Number.NaN] = times.map((time) => Date.parse(time));
  if (times.length !== 2 || !(start < end)) {
    throw new InvalidArgumentError(
      'Must be two times, for example, 2026-11-01/2026-12-01 or 2026-11-01T06:00Z/2026-12-01T06:00Z.',
    );
  }
  return { start: new Date(start), end: new Date(end) };
}

/** Parses `true` or `false`. */
export function booleanValue(text: string): boolean {
  if (text !== 'true' && text !== 'false') {
    throw new InvalidArgumentError('Must be true or false.');
  }
  return text === 'true';
}

const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Parses the name of a namespace. Rejects an empty value, because a variable without a value must not select all namespaces. */
export function namespaceName(text: string): string {
  if (!NAMESPACE.test(text)) {
    throw new InvalidArgumentError(
      'Must be the name of a namespace, with 1 to 63 lowercase letters, digits, and hyphens. To use the default, omit the flag and its environment variable.',
    );
  }
  return text;
}

/** Parses names of namespaces, separated by commas. Returns each name once. */
export function namespaceNames(text: string): string[] {
  if (text.trim() === '') {
    return [];
  }
  const names = text.split(',').map((name) => name.trim());
  const invalid = names.find((name) => !NAMESPACE.test(name));
  if (invalid !== undefined) {
    throw new InvalidArgumentError(
      'Must be names of namespaces, separated by commas. A name has 1 to 63 lowercase letters, digits, and hyphens.',
    );
  }
  return [...new Set(names)];
}

/** Returns a parser for text that matches a pattern. `expected` is the message for other text. */
export function matching(pattern: RegExp, expected: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) {
      throw new InvalidArgumentError(expected);
    }
    return text;
  };
}

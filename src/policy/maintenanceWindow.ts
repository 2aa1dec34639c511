import { validateDetailed } from 'node-cron';
import { sanitize } from '../sanitize.ts';
import { parseDuration } from './duration.ts';

/** A recurring time window for changes. It opens at each time that matches `cron` in `timeZone`, and stays open for `duration`. */
export interface MaintenanceWindow {
  /** Cron expression with five fields, or a name (for example, `@daily`). */
  readonly cron: string;
  /** Name from the IANA time zone database, for example `Europe/Berlin`. */
  readonly timeZone: string;
  /** How long the window stays open, in milliseconds. */
  readonly duration: number;
}

/** One minute is the resolution of cron. */
const MIN_DURATION_MS = 60_000;
const MAX_DURATION_MS = 24 * 3_600_000;
const DURATION_MESSAGE =
  'must be a duration from 1m to 24h, for example, 4h or 90m; for a longer time, add windows that follow each other without a gap';
const MAX_ENTRY_LENGTH = 64;
const FIELDS = ['minute', 'hour', 'day-of-month', 'month', 'day-of-week'] as const;
const NAME =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?' +
  '|sun(?:day)?|mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?)';
const VALUE = `(?:\\d{1,3}|${NAME})`;
/**
 * Entry of a field. node-cron expands ranges before it checks their bounds, so entries with longer numbers, which could exhaust the memory,
 * must not reach it.
 */
const ENTRY = new RegExp(
  `^(?:(?:[*?]|${VALUE})(?:-${VALUE})?(?:/\\d{1,3})?|L(?:-\\d{1,2}|W)?|\\d{1,2}W|${VALUE}(?:L|#\\d))$`,
  'i',
);

/** Error for an invalid field of a maintenance window. */
export class InvalidWindowError extends Error {
  override readonly name = 'InvalidWindowError';
  readonly field: 'cron' | 'timeZone' | 'duration';

  constructor(field: InvalidWindowError['field'], message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * Parses a maintenance window.
 *
 * @throws InvalidWindowError
 */
export function parseWindow(cron: string, timeZone: string, duration: string): MaintenanceWindow {
  const durationMs = parseDuration(duration) ?? 0;
  if (durationMs < MIN_DURATION_MS || durationMs > MAX_DURATION_MS) {
    throw new InvalidWindowError('duration', DURATION_MESSAGE);
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new InvalidWindowError(
      'timeZone',
      'must be a time zone of the IANA database, for example, Europe/Berlin or UTC',
    );
  }
  checkCron(cron);
  return { cron, timeZone, duration: durationMs };
}

function checkCron(cron: string): void {
  const fields = cron.trim().split(/\s+/);
  if (!cron.startsWith('@')) {
    if (fields.length !== 5) {
      throw new InvalidWindowError(
        'cron',
        'must have the five fields minute, hour, day-of-month, month, and day-of-week, for example, "0 22 * * 1-5"',
      );
    }
    const [, , dayOfMonth = '*', , dayOfWeek = '*'] = fields;
    const restricts = (field: string) => field !== '*' && field !== '?';
    if (restricts(dayOfMonth) && restricts(dayOfWeek)) {
      throw new InvalidWindowError(
        'cron',
        'must not restrict both day-of-month and day-of-week, because cron implementations disagree on the meaning; set one of them to * or use two windows',
      );
    }
    fields.forEach((field, index) => {
      const invalid = field.split(',').find((entry) => !ENTRY.test(entry));
      if (invalid !== undefined) {
        throw invalidCron(`${sanitize(invalid, MAX_ENTRY_LENGTH)} is not a valid ${FIELDS[index]}`);
      }
    });
  }
  const { valid, errors } = validateDetailed(cron);
  if (!valid) {
    throw invalidCron(errors[0]?.message ?? cron);
  }
}

function invalidCron(problem: string): InvalidWindowError {
  return new InvalidWindowError('cron', `must be a cron expression, for example, "0 22 * * 1-5" (${problem})`);
}

import { validateDetailed } from 'node-cron';
import { parseDuration } from './duration.ts';

/** A time in which changes may be made: it opens at each time that matches `cron` in `timeZone`, and stays open for `duration`. */
export interface MaintenanceWindow {
  /** Five fields, or a name as @daily. */
  readonly cron: string;
  /** Of the IANA time zone database, as Europe/Berlin. */
  readonly timeZone: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** From a minute, which is what cron tells apart, to a day, in milliseconds. */
const DURATION = { shortest: 60_000, longest: 24 * 3_600_000 };

/** What is wrong with a field of a maintenance window. */
export class InvalidWindowError extends Error {
  override readonly name = 'InvalidWindowError';
  readonly field: 'cron' | 'timeZone' | 'duration';

  constructor(field: InvalidWindowError['field'], message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * Reads a maintenance window.
 *
 * @throws InvalidWindowError
 */
export function parseWindow(cron: string, timeZone: string, duration: string): MaintenanceWindow {
  const length = parseDuration(duration) ?? 0;
  if (length < DURATION.shortest || length > DURATION.longest) {
    throw new InvalidWindowError('duration', 'must be a duration from 1m to 24h, as 4h');
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new InvalidWindowError('timeZone', 'must be a time zone of the IANA database, as Europe/Berlin or UTC');
  }
  checkCron(cron);
  return { cron, timeZone, duration: length };
}

function checkCron(cron: string): void {
  const fields = cron.trim().split(/\s+/);
  if (!cron.startsWith('@')) {
    if (fields.length !== 5) {
      throw new InvalidWindowError(
        'cron',
        'must have five fields, minute hour day-of-month month day-of-week, as "0 22 * * 1-5"',
      );
    }
    const [, , dayOfMonth = '*', , dayOfWeek = '*'] = fields;
    const restricts = (field: string) => field !== '*' && field !== '?';
    if (restricts(dayOfMonth) && restricts(dayOfWeek)) {
      throw new InvalidWindowError(
        'cron',
        'restricts day-of-month and day-of-week, which some read as both and some as either; use two windows, or leave one of them *',
      );
    }
  }
  const { valid, errors } = validateDetailed(cron);
  if (!valid) {
    const [first] = errors;
    throw new InvalidWindowError(
      'cron',
      `is no cron expression (${first?.message ?? cron}); write it as "0 22 * * 1-5"`,
    );
  }
}

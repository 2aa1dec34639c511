import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../policy/duration.ts';

/** For an option's duration, as 30s or 5m; in milliseconds. */
export function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds === 0) {
    throw new InvalidArgumentError('It must be a duration, as 30s or 5m.');
  }
  return milliseconds;
}

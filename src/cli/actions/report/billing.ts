/** Returns the calendar month after a time, in UTC, for example, 2027-01. AWS bills an application for the full month. */
export function monthAfter(time: Date): string {
  return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1)).toISOString().slice(0, 7);
}

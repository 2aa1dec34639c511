/** Maximum age of a recorded count. */
const MAX_AGE_MS = 24 * 60 * 60_000;

/** Number of WorkSpaces that a policy selected at an earlier complete listing, which an earlier process recorded. */
export interface RecordedSelection {
  readonly count: number;
  /** Time of the listing, in milliseconds since the epoch. */
  readonly listedAt: number;
}

/** Whether a recorded count may serve instead of a listing. */
export function isUsable({ listedAt }: RecordedSelection, now: number): boolean {
  return listedAt <= now && now - listedAt < MAX_AGE_MS;
}

import type { QuotaView } from '../plan/quota.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Number of disassociations within one minute. */
export interface MinuteCount {
  readonly time: Date;
  readonly count: number;
}

/** Disassociations that are reserved for a run. */
export interface QuotaReservation {
  /** Number of disassociations that are left. */
  readonly left: number;
  /** Takes one disassociation. Returns false if none is left. */
  take(): boolean;
  /** Returns a taken disassociation that was not made. */
  release(): void;
  /** Returns all disassociations that were not taken. */
  close(): void;
}

const NONE: QuotaReservation = { left: 0, take: () => false, release: () => {}, close: () => {} };

/**
 * Counts the disassociations of a fleet in each minute of the last hour, over all its policies. The count is saved before the
 * disassociations are made: if the process ends in between, the count is too high, but never too low. Without a limit, they are counted
 * in case a limit is set later.
 */
export class DisassociationQuota implements QuotaView {
  readonly #save: (counts: readonly MinuteCount[]) => Promise<void>;
  /** Counts by minutes since the epoch. */
  readonly #counts: Map<number, number>;
  /** Maximum number of disassociations per hour. Undefined for no limit. */
  limit: number | undefined;

  /**
   * @param recorded counts that an earlier process saved, with times as Date or in RFC 3339
   * @param save saves the counts before disassociations are made
   */
  constructor(
    limit: number | undefined,
    recorded: readonly { readonly time: Date | string; readonly count: number }[],
    save: (counts: readonly MinuteCount[]) => Promise<void>,
  ) {
    this.limit = limit;
    this.#save = save;
    this.#counts = new Map(
      recorded.map(({ time, count }) => [Math.floor(new Date(time).getTime() / MINUTE_MS), count]),
    );
  }

  left(now: Date): number {
    return this.limit === undefined ? Number.POSITIVE_INFINITY : Math.max(0, this.limit - this.total(now));
  }

  replenishesAt(now: Date): Date | undefined {
    const first = this.counts(now).find(({ count }) => count > 0);
    return first && new Date(expiryOf(first.time.getTime() / MINUTE_MS));
  }

  /** Returns the number of disassociations within the last hour. */
  total(now: Date): number {
    return this.counts(now).reduce((sum, { count }) => sum + count, 0);
  }

  /** Returns the counts of the last hour in ascending order of time. */
  counts(now: Date): MinuteCount[] {
    for (const minute of this.#counts.keys()) {
      if (expiryOf(minute) <= now.getTime()) {
        this.#counts.delete(minute);
      }
    }
    return [...this.#counts]
      .sort(([a], [b]) => a - b)
      .map(([minute, count]) => ({ time: new Date(minute * MINUTE_MS), count }));
  }

  /** Reserves up to `wanted` disassociations and saves the counts. Rejects if they can't be saved. */
  async reserve(wanted: number, now: Date): Promise<QuotaReservation> {
    const minute = Math.floor(now.getTime() / MINUTE_MS);
    if (this.limit === undefined) {
      return this.#unlimited(minute);
    }
    if (wanted === 0) {
      return NONE;
    }
    const allowed = Math.min(wanted, this.left(now));
    let remaining = allowed;
    this.#add(minute, allowed);
    const release = () => {
      remaining += 1;
    };
    const close = () => {
      this.#add(minute, -remaining);
      remaining = 0;
    };
    try {
      await this.#save(this.counts(now));
    } catch (error) {
      close();
      throw error;
    }
    return {
      get left() {
        return remaining;
      },
      take: () => remaining > 0 && remaining-- > 0,
      release,
      close,
    };
  }

  #unlimited(minute: number): QuotaReservation {
    const take = () => {
      this.#add(minute, 1);
      return true;
    };
    return { left: Number.POSITIVE_INFINITY, take, release: () => this.#add(minute, -1), close: () => {} };
  }

  #add(minute: number, count: number): void {
    const sum = (this.#counts.get(minute) ?? 0) + count;
    if (sum > 0) {
      this.#counts.set(minute, sum);
    } else {
      this.#counts.delete(minute);
    }
  }
}

/** Returns the time at which all disassociations of a minute are older than an hour, in milliseconds since the epoch. */
function expiryOf(minute: number): number {
  return (minute + 1) * MINUTE_MS + HOUR_MS;
}

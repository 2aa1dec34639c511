import type { QuotaView } from '../plan/quota.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How many disassociations a minute had. */
export interface MinuteCount {
  readonly time: Date;
  readonly count: number;
}

/** Disassociations that a run may make. */
export interface QuotaReservation {
  /** Takes one; false if none is left. */
  take(): boolean;
  /** Gives one back that was taken and not made. */
  release(): void;
  /** Gives back what wasn't taken. */
  close(): void;
}

const NONE: QuotaReservation = { take: () => false, release: () => {}, close: () => {} };

/**
 * Counts the disassociations of a fleet in each minute of the last hour, over all its policies. They are counted, and that is saved,
 * before they are made: a process that ends in between leaves too high a count behind, never too low a one. Without a limit they are only
 * counted, as one may be set yet.
 */
export class DisassociationQuota implements QuotaView {
  readonly #save: (counts: readonly MinuteCount[]) => Promise<void>;
  /** By the minute's number since the epoch. */
  readonly #counts: Map<number, number>;
  /** Undefined: any number. */
  limit: number | undefined;

  /** `recorded`: what an earlier process saved, each time as it was or in RFC 3339. */
  constructor(
    limit: number | undefined,
    recorded: readonly { readonly time: Date | string; readonly count: number }[],
    save: (counts: readonly MinuteCount[]) => Promise<void>,
  ) {
    this.limit = limit;
    this.#save = save;
    this.#counts = new Map(recorded.map(({ time, count }) => [Math.floor(new Date(time).getTime() / MINUTE), count]));
  }

  left(now: Date): number {
    return this.limit === undefined ? Number.POSITIVE_INFINITY : Math.max(0, this.limit - this.total(now));
  }

  replenishesAt(now: Date): Date | undefined {
    const first = this.counts(now).find(({ count }) => count > 0);
    return first && new Date(endOf(first.time.getTime() / MINUTE));
  }

  /** How many were made within the last hour. */
  total(now: Date): number {
    return this.counts(now).reduce((sum, { count }) => sum + count, 0);
  }

  /** By minute, the earliest first. */
  counts(now: Date): MinuteCount[] {
    for (const minute of this.#counts.keys()) {
      if (endOf(minute) <= now.getTime()) {
        this.#counts.delete(minute);
      }
    }
    return [...this.#counts]
      .sort(([a], [b]) => a - b)
      .map(([minute, count]) => ({ time: new Date(minute * MINUTE), count }));
  }

  /** Allows as many of `wanted` as are left, once that is saved. Rejects if it can't be. */
  async reserve(wanted: number, now: Date): Promise<QuotaReservation> {
    const minute = Math.floor(now.getTime() / MINUTE);
    if (this.limit === undefined) {
      return this.#unlimited(minute);
    }
    if (wanted === 0) {
      return NONE;
    }
    const allowed = Math.min(wanted, this.left(now));
    let left = allowed;
    this.#add(minute, allowed);
    const release = () => {
      left += 1;
    };
    const close = () => {
      this.#add(minute, -left);
      left = 0;
    };
    try {
      await this.#save(this.counts(now));
    } catch (error) {
      close();
      throw error;
    }
    return { take: () => left > 0 && left-- > 0, release, close };
  }

  #unlimited(minute: number): QuotaReservation {
    const take = () => {
      this.#add(minute, 1);
      return true;
    };
    return { take, release: () => this.#add(minute, -1), close: () => {} };
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

/** When the last moment of a minute is an hour ago, in milliseconds since the epoch. */
function endOf(minute: number): number {
  return (minute + 1) * MINUTE + HOUR;
}

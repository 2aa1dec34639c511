import { type DeliveryResult, MAX_RETRY_AFTER_MS } from '../../notifications/deliveryRecords.ts';

const HOUR_MS = 3_600_000;

/**
 * Number of messages of the last hour, and the delay that the receiver demands, by provider. Kept in memory, because a restart sends nothing
 * again.
 */
export class MessageRate {
  readonly #sentAt = new Map<string, number[]>();
  readonly #pausedUntil = new Map<string, number>();

  /**
   * Returns the milliseconds until a provider may send the next message. Half of the maximum needs no delay. The others are spread evenly
   * over an hour, so that a namespace with many notices delays those of others by minutes, and not until the end of the hour.
   *
   * @param now monotonic time in milliseconds
   */
  delayFor(provider: string, maxPerHour: number, now: number): number {
    const recent = (this.#sentAt.get(provider) ?? []).filter((time) => now - time < HOUR_MS);
    this.#sentAt.set(provider, recent);
    const burst = Math.ceil(maxPerHour / 2);
    const [oldest, last] = [recent[recent.length - maxPerHour], recent.at(-1)];
    const interval = maxPerHour > burst ? HOUR_MS / (maxPerHour - burst) : HOUR_MS;
    const dueTimes = [
      this.#pausedUntil.get(provider) ?? 0,
      oldest === undefined ? 0 : oldest + HOUR_MS,
      last === undefined || recent.length < burst ? 0 : last + interval,
    ];
    return Math.max(0, ...dueTimes.map((due) => due - now));
  }

  /** Holds all messages of a provider until a monotonic time, because its receiver demands it. */
  pause(provider: string, until: number): void {
    this.#pausedUntil.set(provider, until);
  }

  /** Counts a message, and follows the delay that the response of the receiver demands. */
  record(provider: string, result: DeliveryResult, now: number): void {
    this.#sentAt.set(provider, [...(this.#sentAt.get(provider) ?? []), now]);
    if (result.kind === 'Rejected' && result.retryAfterMs !== undefined) {
      this.pause(provider, now + Math.min(result.retryAfterMs, MAX_RETRY_AFTER_MS));
    }
  }

  forget(provider: string): void {
    this.#sentAt.delete(provider);
    this.#pausedUntil.delete(provider);
  }
}

/**
 * Time as an argument. The core takes `now`; what has to wait takes a Clock, so that tests and simulations run on virtual time.
 */
export interface Clock {
  /** Wall time, for what people read and what is compared with AWS's timestamps. */
  now(): Date;
  /** Milliseconds that only grow, for durations and deadlines; its origin means nothing. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, soon if that is negative; rejects with the signal's reason if it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.max(0, ms),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** Lets whatever else the process has to see to have its turn: probes, leases, other policies. No time passes. */
export function yieldToEventLoop(clock: Pick<Clock, 'sleep'>): Promise<void> {
  return clock.sleep(0);
}

/**
 * Measures from now on: milliseconds by whichever of the two clocks ran further. A machine that sleeps may stop the monotonic one, and
 * somebody may set the other one back, so neither alone tells for certain that something hasn't expired.
 */
export function stopwatch(clock: Pick<Clock, 'now' | 'monotonic'>): () => number {
  const monotonic = clock.monotonic();
  const wall = clock.now().getTime();
  return () => Math.max(clock.monotonic() - monotonic, clock.now().getTime() - wall);
}

/** A time as people read it, to the minute: `2026-11-23 21:00 UTC`. */
export function formatMinute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A clock that stands still: for looking at a time that isn't now. Its sleeps are over at once. */
export function fixedClock(time: Date): Clock {
  return { now: () => new Date(time), monotonic: () => 0, sleep: async () => {} };
}

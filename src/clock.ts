/** Source of time. Code that waits takes a Clock as an argument, so that tests and simulations run on virtual time. */
export interface Clock {
  /** Returns the wall time, for display and for comparison with timestamps from AWS. */
  now(): Date;
  /** Returns monotonic milliseconds since an arbitrary origin, for durations and deadlines. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, or immediately if `ms` is negative. Rejects with the signal's reason if the signal is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Maximum delay of a timer of Node.js, which ends a longer one at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of the machine. */
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
      let timer: NodeJS.Timeout;
      const wait = (remaining: number) => {
        const part = Math.min(Math.max(0, remaining), MAX_TIMER_MS);
        timer = setTimeout(() => {
          if (remaining > part) {
            wait(remaining - part);
            return;
          }
          signal?.removeEventListener('abort', onAbort);
          resolve();
        }, part);
      };
      wait(ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** Yields to the event loop so that probes, leases, and other policies can run. Takes no virtual time. */
export function yieldToEventLoop(clock: Pick<Clock, 'sleep'>): Promise<void> {
  return clock.sleep(0);
}

/**
 * Starts a stopwatch and returns a function that returns the elapsed milliseconds, which is the larger result of the two clocks. Suspending
 * the machine may stop the monotonic clock, and an administrator may set the wall clock back, so neither is sufficient for expirations.
 */
export function stopwatch(clock: Pick<Clock, 'now' | 'monotonic'>): () => number {
  const monotonic = clock.monotonic();
  const wall = clock.now().getTime();
  return () => Math.max(clock.monotonic() - monotonic, clock.now().getTime() - wall);
}

/**
 * Whether a time is less than a duration ago. A time that is as far ahead was recorded before the clock was set back, and shows nothing.
 *
 * @param time milliseconds since the epoch. NaN or undefined if there is none
 */
export function isRecent(time: number | undefined, duration: number, now: number): boolean {
  return time !== undefined && Math.abs(now - time) < duration;
}

/** Formats a time with a resolution of one minute, for example, `2026-11-23 21:00 UTC`. */
export function formatMinute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Returns a clock that always shows the same time, to plan for another time. Its sleeps end immediately. */
export function fixedClock(time: Date): Clock {
  return { now: () => new Date(time), monotonic: () => 0, sleep: async () => {} };
}

import type { Clock } from '../../clock.ts';
import type { RefreshSchedule } from '../../eventbridge/refreshSchedule.ts';
import { pause, VISIBILITY_SECONDS } from './eventReceiver.ts';
import type { MessageCalls } from './messageCalls.ts';

export interface VisibilityExtenderOptions {
  readonly calls: Pick<MessageCalls, 'changeVisibility'>;
  readonly schedule: Pick<RefreshSchedule, 'extend'>;
  readonly clock: Clock;
}

/** Interval at which the visibility of messages is checked, in milliseconds. */
const CHECK_INTERVAL_MS = 30_000;
/** Remaining visibility at which the queue hides a message for longer, in milliseconds. */
const VISIBILITY_MARGIN_MS = 90_000;

/**
 * Keeps messages hidden while they wait for reads, also during a listing that takes an hour: each further delivery brings a message closer
 * to the dead-letter queue.
 */
export class VisibilityExtender {
  readonly #options: VisibilityExtenderOptions;

  constructor(options: VisibilityExtenderOptions) {
    this.#options = options;
  }

  /** Extends the visibility until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { calls, schedule, clock } = this.#options;
    while (!signal.aborted) {
      const now = clock.now().getTime();
      const handles = schedule.extend(now + VISIBILITY_MARGIN_MS, now + VISIBILITY_SECONDS * 1_000);
      await calls.changeVisibility(handles, VISIBILITY_SECONDS);
      await pause(CHECK_INTERVAL_MS, clock, signal);
    }
  }
}

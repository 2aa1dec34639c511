import { Counter, Histogram, type Registry } from 'prom-client';
import type { EventObserver } from '../eventbridge/eventHost.ts';
import { seconds } from './collector.ts';

/** Metrics of the events of AWS. */
export class EventMetrics {
  readonly #received;
  readonly #delays;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#received = new Counter({
      name: 'wsap_events_received_total',
      help: 'Number of messages from the queue of the fleet by event and result: Refreshed (the affected WorkSpaces are read), OwnChange (a change of the operator), NotNeeded (no policy depends on the data), Ignored (another event, account, or region, or a failed call), or Malformed (left to the dead-letter queue).',
      labelNames: ['fleet', 'event', 'result'],
      registers,
    });
    this.#delays = new Histogram({
      name: 'wsap_event_delay_seconds',
      help: 'Time from an event until the affected WorkSpaces are read again.',
      labelNames: ['fleet'],
      buckets: [1, 5, 10, 30, 60, 120, 300, 900, 3600, 14_400],
      registers,
    });
  }

  /** Returns an observer for the messages of a fleet. */
  observe(fleet: string): EventObserver {
    return {
      onMessage: (event, result) => this.#received.inc({ fleet, event, result }),
      onRefreshed: (delayMs) => this.#delays.observe({ fleet }, seconds(delayMs)),
    };
  }
}

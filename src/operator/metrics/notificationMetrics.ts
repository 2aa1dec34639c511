import { Counter, type Registry } from 'prom-client';
import type { ProviderStatus } from '../../notifications/providerStatus.ts';
import { registerCollector } from './collector.ts';
import { conditionMetrics } from './conditionMetrics.ts';

/** Provider whose messages this replica sends. */
export interface ProviderMetricsView {
  readonly name: string;
  readonly status: ProviderStatus | undefined;
}

/** Result of a notification. `unknown`: the receiver may have accepted it. */
export type NotificationResult = 'sent' | 'failed' | 'unknown';

/** Metrics of notifications. Only the replica that sends them has series of providers. */
export class NotificationMetrics {
  readonly #notifications;

  constructor(registry: Registry, providers: () => readonly ProviderMetricsView[]) {
    this.#notifications = new Counter({
      name: 'wsap_notifications_total',
      help: 'Number of notifications in requests to a receiver, by result: sent (accepted), failed (not accepted; sent again later), and unknown (maybe accepted; sent again only if the receiver ignores repetitions).',
      labelNames: ['provider', 'event', 'result'],
      registers: [registry],
    });
    registerCollector(registry, {
      name: 'wsap_notifications_pending',
      help: 'Number of notifications that wait to be sent.',
      labelNames: ['provider'],
      series: () => providers().map(({ name, status }) => [{ provider: name }, status?.pending] as const),
    });
    conditionMetrics(registry, {
      prefix: 'wsap_notification_provider',
      of: 'notification providers',
      types: ['Ready', 'Stalled'],
      labelNames: ['provider'],
      objects: () => providers().map(({ name, status }) => [{ provider: name }, status?.conditions] as const),
    });
  }

  /** Counts the notifications of a message. */
  onResult(provider: string, events: readonly string[], result: NotificationResult): void {
    for (const event of events) {
      this.#notifications.inc({ provider, event, result });
    }
  }
}

import { expect, test } from 'vitest';
import { condition, metricsOf, scrape } from './scenery.ts';

test('counts notifications by provider, event, and result', async () => {
  const metrics = metricsOf();
  metrics.notifications.onResult('slack', ['Conflict', 'Conflict', 'Flapping'], 'sent');
  metrics.notifications.onResult('slack', ['Conflict'], 'unknown');
  expect(await scrape(metrics, 'wsap_notifications_total')).toEqual([
    'wsap_notifications_total{provider="slack",event="Conflict",result="sent"} 2',
    'wsap_notifications_total{provider="slack",event="Flapping",result="sent"} 1',
    'wsap_notifications_total{provider="slack",event="Conflict",result="unknown"} 1',
  ]);
});

test('shows the condition of each provider, and how many notifications wait', async () => {
  const status = { pending: 3, conditions: [condition('Ready', 'False', 'SendFailed')] };
  const metrics = metricsOf({
    providers: () => [
      { name: 'slack', status },
      { name: 'new', status: undefined },
    ],
  });
  expect(await scrape(metrics, 'wsap_notifications_pending')).toEqual([
    'wsap_notifications_pending{provider="slack"} 3',
  ]);
  expect(await scrape(metrics, 'wsap_notification_provider_status_condition{')).toContain(
    'wsap_notification_provider_status_condition{provider="slack",condition="Ready",status="false"} 1',
  );
});

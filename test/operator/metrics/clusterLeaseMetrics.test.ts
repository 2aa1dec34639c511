import { expect, test } from 'vitest';
import { metricsOf, scrape } from './scenery.ts';

const CLAIM = {
  watchedNamespace: undefined,
  installation: 'wsap-system',
  identity: 'wsap-0',
  renewTime: '2026-01-05T09:00:00Z',
  durationMs: 15_000,
};

test.each([
  ['acts', { isHeld: true, obstacle: undefined }, ['wsap_operator_standby 0']],
  [
    'stands by for another one',
    { isHeld: false, obstacle: CLAIM },
    [
      'wsap_operator_standby 1',
      'wsap_acting_operator_info{operator_namespace="wsap-system",operator_identity="wsap-0"} 1',
    ],
  ],
  ['can’t use the Lease', { isHeld: false, obstacle: undefined }, ['wsap_operator_standby 1']],
  ['is starting', undefined, []],
])('metrics show that an operator %s', async (_, view, expected) => {
  const metrics = metricsOf({ actingOperator: () => view });
  const series = await Promise.all(['wsap_operator_standby', 'wsap_acting'].map((prefix) => scrape(metrics, prefix)));
  expect(series.flat()).toEqual(expected);
});

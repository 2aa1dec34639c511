import { expect, test } from 'vitest';
import { metricsOf } from '../operator/metrics/scenery.ts';
import { generateMetrics } from './metrics.ts';

const page = generateMetrics();

test('the reference contains each metric of the operator once', () => {
  const own = metricsOf()
    .registry.getMetricsAsArray()
    .map(({ name }) => name)
    .filter((name) => !/^(process|nodejs)_/.test(name));
  const rows = own.map((name) => [name, page.split(`| \`${name}\` |`).length - 1]);
  expect(rows).toEqual(own.map((name) => [name, 1]));
});

test.each([
  ['Events of AWS', 'wsap_events_received_total'],
  ['Events of AWS', 'wsap_event_delay_seconds'],
  ['The API server', 'wsap_events_total'],
])('the section %s contains %s', (section, name) => {
  const [, content = ''] = page.split(`## ${section}\n`);
  expect(content.split('\n## ')[0]).toContain(`\`${name}\``);
});

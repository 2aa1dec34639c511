import { expect, test } from 'vitest';
import { createTrail, intent, succeeded } from '../../audit/records.ts';
import { failureOf } from '../../aws/harness.ts';
import { metricsOf, scrape } from './scenery.ts';

test('metrics show whether the audit log can be written, and which records wait', async () => {
  const { trail, sink, clock } = createTrail();
  const metrics = metricsOf({ audit: () => trail });
  const call = await trail.begin(intent());
  const values = async () => (await scrape(metrics, 'wsap_audit_log_')).map((line) => line.split(' ').at(-1)).join(' ');
  expect(await values()).toBe('1 0 0');
  sink.failures = [1, 2].map(() => ({ error: new Error('no space left on device'), written: 0 }));
  await call.end(succeeded('request-1'));
  expect(await values()).toBe('0 1 1');
  await failureOf(trail.begin(intent()));
  expect(await values()).toBe('0 1 2');
  await clock.advance(10_000);
  expect(await scrape(metrics, 'wsap_audit_log_')).toEqual([
    'wsap_audit_log_available 1',
    'wsap_audit_log_pending_records 0',
    'wsap_audit_log_write_errors_total 2',
  ]);
});

test('an operator that is starting has no metrics of its audit log', async () => {
  expect(await scrape(metricsOf(), 'wsap_audit_log_')).toEqual([]);
});

import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import { registerCollector, seconds } from './collector.ts';

/** Gauges of prom-client with names of counters, which promtool rejects. */
const MISNAMED_METRICS = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
/**
 * Event loop delays of prom-client. They include the sampling interval, and sampling at their default rate takes 0.5%
 * of a core.
 */
const DELAY_METRICS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (name) => `nodejs_eventloop_lag_${name}_seconds`,
);
/** Sampling interval that never elapses. */
const NEVER_MS = 2 ** 31 - 1;
/** Interval at which the delay of the event loop is sampled. */
const SAMPLING_INTERVAL_MS = 100;
const DELAY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Registers metrics of the process and its runtime: those of prom-client, and the delay and load of the event
 * loop. A scrape resets nothing, because several Prometheus servers can scrape the same process.
 */
export function processMetrics(registry: Registry, version: string): void {
  new Gauge({
    name: 'wsap_build_info',
    help: 'Versions of the operator and of Node.js, always 1.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version, node_version: process.version }, 1);
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const name of [...MISNAMED_METRICS, ...DELAY_METRICS]) {
    registry.removeSingleMetric(name);
  }
  const delays = new Histogram({
    name: 'nodejs_eventloop_delay_seconds',
    help: `Delay of a timer that runs every ${SAMPLING_INTERVAL_MS} ms, because the event loop was blocked.`,
    buckets: DELAY_BUCKETS,
    registers: [registry],
  });
  let dueAt = performance.now() + SAMPLING_INTERVAL_MS;
  const sampling = setInterval(() => {
    const now = performance.now();
    delays.observe(seconds(Math.max(0, now - dueAt)));
    dueAt = now + SAMPLING_INTERVAL_MS;
  }, SAMPLING_INTERVAL_MS);
  sampling.unref();
  registerCollector(registry, {
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time in which the event loop was busy. Its rate is the share of time.',
    labelNames: [],
    type: 'counter',
    series: () => [[{}, seconds(performance.eventLoopUtilization().active)]],
  });
}

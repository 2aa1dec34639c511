import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import process from 'node:process';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
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
const NANOSECONDS_PER_SECOND = 1e9;

/**
 * Registers metrics of the process and its runtime: those of prom-client, and the delay and load of the event
 * loop.
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
  const delay = monitorEventLoopDelay({ resolution: SAMPLING_INTERVAL_MS });
  delay.enable();
  registerCollector(registry, {
    name: 'nodejs_eventloop_lag_max_seconds',
    help: 'Maximum delay of the event loop since the last scrape.',
    labelNames: [],
    series: () => {
      const longest = Math.max(0, delay.max / NANOSECONDS_PER_SECOND - seconds(SAMPLING_INTERVAL_MS));
      delay.reset();
      return [[{}, longest]];
    },
  });
  let before = performance.eventLoopUtilization();
  registerCollector(registry, {
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of time in which the event loop was busy since the last scrape.',
    labelNames: [],
    series: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return [[{}, utilization]];
    },
  });
}

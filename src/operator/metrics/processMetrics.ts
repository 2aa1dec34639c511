import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import process from 'node:process';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { registerCollector, seconds } from './collector.ts';

/** Gauges of prom-client that are named as if they were counters, which promtool refuses. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];
/**
 * prom-client's figures of the event loop's delay. They contain the interval at which it is measured, and measuring it as often as they
 * do by default takes half a percent of a core.
 */
const DELAYS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (name) => `nodejs_eventloop_lag_${name}_seconds`,
);
const NEVER = 2 ** 31 - 1;
/** How often the event loop's delay is measured, in milliseconds. */
const INTERVAL = 100;
const NANOSECONDS = 1e9;

/** The process and its runtime: prom-client's metrics, and whether the event loop keeps up. */
export function processMetrics(registry: Registry, version: string): void {
  new Gauge({
    name: 'wsap_build_info',
    help: 'The version of the operator and of its runtime; always 1.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version, node_version: process.version }, 1);
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER });
  for (const name of [...MISNAMED, ...DELAYS]) {
    registry.removeSingleMetric(name);
  }
  const delay = monitorEventLoopDelay({ resolution: INTERVAL });
  delay.enable();
  registerCollector(registry, {
    name: 'nodejs_eventloop_lag_max_seconds',
    help: 'The longest that the event loop was held up since the last scrape.',
    labelNames: [],
    series: () => {
      const longest = Math.max(0, delay.max / NANOSECONDS - seconds(INTERVAL));
      delay.reset();
      return [[{}, longest]];
    },
  });
  let before = performance.eventLoopUtilization();
  registerCollector(registry, {
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'The share of time since the last scrape in which the event loop was busy.',
    labelNames: [],
    series: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return [[{}, utilization]];
    },
  });
}

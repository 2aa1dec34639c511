import { Counter, Gauge, type Registry } from 'prom-client';

/** The labels and the value of one series; without a value there is none. */
export type MetricSeries<Label extends string> = readonly [Readonly<Record<Label, string>>, number | undefined];

export interface CollectorOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly type?: 'gauge' | 'counter';
  /** The series at the moment. */
  readonly series: () => Iterable<MetricSeries<Label>>;
}

/** Registers a metric that is computed when it is scraped, and kept nowhere: what isn't there any more is gone from the next scrape on. */
export function registerCollector<Label extends string>(
  registry: Registry,
  { type = 'gauge', series, ...options }: CollectorOptions<Label>,
): void {
  const config = { ...options, registers: [registry] };
  const metric = type === 'counter' ? new Counter(config) : new Gauge(config);
  const empty = metric.get.bind(metric);
  metric.get = async () => {
    const values = [...series()].flatMap(([labels, value]) => (value === undefined ? [] : [{ labels, value }]));
    return { ...(await empty()), values };
  };
}

/** Seconds, from milliseconds. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

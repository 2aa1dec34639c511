import { Counter, Gauge, type Registry } from 'prom-client';

/** Labels and value of a series. A series without a value is omitted. */
export type MetricSeries<Label extends string> = readonly [Readonly<Record<Label, string>>, number | undefined];

export interface CollectorOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly type?: 'gauge' | 'counter';
  /** Returns the current series. */
  readonly series: () => Iterable<MetricSeries<Label>>;
}

/** Registers a metric that is computed for each scrape and not stored, so that obsolete series disappear. */
export function registerCollector<Label extends string>(
  registry: Registry,
  { type = 'gauge', series, ...options }: CollectorOptions<Label>,
): void {
  const config = { ...options, registers: [registry] };
  const metric = type === 'counter' ? new Counter(config) : new Gauge(config);
  const getEmpty = metric.get.bind(metric);
  metric.get = async () => {
    const values = [...series()].flatMap(([labels, value]) => (value === undefined ? [] : [{ labels, value }]));
    return { ...(await getEmpty()), values };
  };
}

/** Converts milliseconds to seconds. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

import { Counter, Gauge, type Registry } from 'prom-client';

/** The labels and the value of one series; without a value there is none. */
export type Series<Label extends string> = readonly [Readonly<Record<Label, string>>, number | undefined];

export interface ScrapedOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly type?: 'gauge' | 'counter';
  /** The series at the moment. */
  readonly series: () => Iterable<Series<Label>>;
}

/** Registers a metric that is computed when it is scraped, and kept nowhere: what isn't there any more is gone from the next scrape on. */
export function scraped<Label extends string>(
  registry: Registry,
  { type = 'gauge', series, ...options }: ScrapedOptions<Label>,
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

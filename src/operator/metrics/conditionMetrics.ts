import type { Registry } from 'prom-client';
import { registerCollector } from './collector.ts';

/** What of a condition in a status is told. */
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export interface ConditionMetricsOptions<Label extends string> {
  /** What the metrics' names begin with, as `wsap_policy`. */
  readonly prefix: string;
  /** What has the conditions, for people. */
  readonly of: string;
  /** Which of them are told. */
  readonly types: readonly string[];
  readonly labelNames: readonly Label[];
  readonly objects: () => Iterable<readonly [Readonly<Record<Label, string>>, readonly Condition[] | undefined]>;
}

const STATUSES = ['true', 'false', 'unknown'];

/** The conditions of objects as kube-state-metrics tells those of nodes, and their reasons. */
export function conditionMetrics<Label extends string>(
  registry: Registry,
  { prefix, of, types, labelNames, objects }: ConditionMetricsOptions<Label>,
): void {
  const known = () =>
    [...objects()].flatMap(([labels, conditions = []]) =>
      conditions.filter(({ type }) => types.includes(type)).map((condition) => ({ labels, condition })),
    );
  registerCollector<Label | 'condition' | 'status'>(registry, {
    name: `${prefix}_status_condition`,
    help: `The conditions ${types.join(', ')} of ${of}: 1 for the status that each has (true, false, unknown), and 0 for the others.`,
    labelNames: [...labelNames, 'condition', 'status'],
    series: () =>
      known().flatMap(({ labels, condition: { type, status } }) =>
        STATUSES.map(
          (one) => [{ ...labels, condition: type, status: one }, Number(one === status.toLowerCase())] as const,
        ),
      ),
  });
  registerCollector<Label | 'condition' | 'reason'>(registry, {
    name: `${prefix}_status_condition_reason`,
    help: `Why the conditions ${types.join(', ')} of ${of} have the status that they have; always 1.`,
    labelNames: [...labelNames, 'condition', 'reason'],
    series: () =>
      known().map(({ labels, condition: { type, reason } }) => [{ ...labels, condition: type, reason }, 1] as const),
  });
}

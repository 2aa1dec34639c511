import type { Registry } from 'prom-client';
import { registerCollector } from './collector.ts';

/** Part of a condition in a status that the metrics show. */
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export interface ConditionMetricsOptions<Label extends string> {
  /** Prefix of the metric names, for example, `wsap_policy`. */
  readonly prefix: string;
  /** Human-readable kind of the objects. */
  readonly of: string;
  /** Condition types that the metrics show. */
  readonly types: readonly string[];
  readonly labelNames: readonly Label[];
  readonly objects: () => Iterable<readonly [Readonly<Record<Label, string>>, readonly Condition[] | undefined]>;
}

const STATUSES = ['true', 'false', 'unknown'];
/** Conditions that exist only while they are True (kstatus). */
const ABSENT_UNLESS_TRUE = ['Reconciling', 'Stalled'];

/**
 * Registers the conditions of objects, in the form in which kube-state-metrics shows those of nodes, and their reasons. An absent Stalled
 * counts as false, so that its series exist from the first evaluation on; it has no reason.
 */
export function conditionMetrics<Label extends string>(
  registry: Registry,
  { prefix, of, types, labelNames, objects }: ConditionMetricsOptions<Label>,
): void {
  const known = () =>
    [...objects()].flatMap(([labels, conditions = []]) =>
      conditions.filter(({ type }) => types.includes(type)).map((condition) => ({ labels, condition })),
    );
  const absent = () =>
    [...objects()].flatMap(([labels, conditions = []]) =>
      conditions.length === 0
        ? []
        : ABSENT_UNLESS_TRUE.filter(
            (type) => types.includes(type) && !conditions.some((condition) => condition.type === type),
          ).map((type) => ({ labels, condition: { type, status: 'False' } })),
    );
  registerCollector<Label | 'condition' | 'status'>(registry, {
    name: `${prefix}_status_condition`,
    help: `Conditions ${types.join(', ')} of ${of}: 1 for the current status (true, false, unknown), and 0 for the others. Stalled is false while it is absent.`,
    labelNames: [...labelNames, 'condition', 'status'],
    series: () =>
      [...known(), ...absent()].flatMap(({ labels, condition: { type, status } }) =>
        STATUSES.map(
          (one) => [{ ...labels, condition: type, status: one }, Number(one === status.toLowerCase())] as const,
        ),
      ),
  });
  registerCollector<Label | 'condition' | 'reason'>(registry, {
    name: `${prefix}_status_condition_reason`,
    help: `Reasons of the conditions ${types.join(', ')} of ${of}, always 1. An absent condition has no reason.`,
    labelNames: [...labelNames, 'condition', 'reason'],
    series: () =>
      known().map(({ labels, condition: { type, reason } }) => [{ ...labels, condition: type, reason }, 1] as const),
  });
}

import { parser } from '@prometheus-io/lezer-promql';

/** A vector selector of a PromQL expression. */
export interface Selector {
  /** Undefined if the selector contains only labels. */
  readonly metric: string | undefined;
  /** Names of the labels in the selector. */
  readonly labels: readonly string[];
}

/**
 * Returns the selectors of a PromQL expression, which can contain variables of Grafana. Uses the grammar of Prometheus.
 *
 * @throws Error if it isn't PromQL
 */
export function selectorsIn(expression: string): Selector[] {
  const text = expression.replaceAll('$__rate_interval', '5m');
  const selectors: Selector[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) {
        throw new Error(`not PromQL at ${from}: ${text.slice(Math.max(0, from - 40), to + 40)}`);
      }
      if (type.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
        selectors.push({
          metric: name === null ? undefined : text.slice(name.from, name.to),
          labels: matchers.map((matcher) => {
            const label = matcher.getChild('LabelName');
            return label === null ? '' : text.slice(label.from, label.to);
          }),
        });
      }
    },
  });
  return selectors;
}

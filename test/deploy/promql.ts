import { parser } from '@prometheus-io/lezer-promql';

/** What a PromQL expression asks for. */
export interface Selector {
  /** Undefined where only labels select. */
  readonly metric: string | undefined;
  /** The labels that are compared. */
  readonly labels: readonly string[];
}

/** The selectors in a PromQL expression, of Prometheus' own grammar. Throws if it isn't one. Grafana's variables may stand in it. */
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

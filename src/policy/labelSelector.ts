import { invalidField } from './invalidField.ts';

/** One demand on a label, as in a Kubernetes label selector. */
export type LabelExpression =
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: ReadonlySet<string> }
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist' };

/** Which labels of a namespace, or AWS tags of a WorkSpace, there have to be: all of these. */
export interface LabelSelector {
  readonly matchLabels: ReadonlyMap<string, string>;
  readonly matchExpressions: readonly LabelExpression[];
}

interface Entry {
  readonly key: string;
  readonly operator: LabelExpression['operator'];
  readonly values?: readonly string[];
}

/**
 * Whether labels are as a selector asks, in upper and lower case too. NotIn and DoesNotExist also match where the label is missing, as
 * in Kubernetes.
 */
export function matchesLabels(
  { matchLabels, matchExpressions }: LabelSelector,
  labels: ReadonlyMap<string, string>,
): boolean {
  return (
    [...matchLabels].every(([key, value]) => labels.get(key) === value) &&
    matchExpressions.every((expression) => meets(expression, labels.get(expression.key)))
  );
}

/**
 * Reads a selector's two fields. `field` is its path in the resource.
 *
 * @throws InvalidResourceError
 */
export function toLabelSelector(
  matchLabels: Readonly<Record<string, string>> = {},
  matchExpressions: readonly Entry[] = [],
  field: string,
): LabelSelector {
  return {
    matchLabels: new Map(Object.entries(matchLabels)),
    matchExpressions: matchExpressions.map((entry, index) =>
      toExpression(entry, `${field}.matchExpressions[${index}]`),
    ),
  };
}

function toExpression({ key, operator, values }: Entry, field: string): LabelExpression {
  if (operator === 'In' || operator === 'NotIn') {
    return values === undefined
      ? invalidField(`${field}.values`, `${operator} needs values`)
      : { key, operator, values: new Set(values) };
  }
  return values === undefined ? { key, operator } : invalidField(`${field}.values`, `${operator} takes no values`);
}

function meets(expression: LabelExpression, value: string | undefined): boolean {
  switch (expression.operator) {
    case 'In':
      return value !== undefined && expression.values.has(value);
    case 'NotIn':
      return value === undefined || !expression.values.has(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

import { invalidField } from './invalidField.ts';

/** A requirement for one label, as in a Kubernetes label selector. */
type LabelExpression =
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: ReadonlySet<string> }
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist' };

/** A selector for the labels of a namespace or the AWS tags of a WorkSpace. All requirements are ANDed. */
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
 * Whether labels match a selector. Case-sensitive. As in Kubernetes, NotIn and DoesNotExist also match if the label is missing.
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
 * Converts the two fields of a selector.
 *
 * @param field path of the selector in the resource
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
      ? invalidField(`${field}.values`, 'must be set if operator is In or NotIn')
      : { key, operator, values: new Set(values) };
  }
  return values === undefined
    ? { key, operator }
    : invalidField(`${field}.values`, 'must not be set if operator is Exists or DoesNotExist');
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

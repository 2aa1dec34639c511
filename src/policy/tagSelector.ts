/** One demand on a tag, as in a Kubernetes label selector. */
export type TagExpression =
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: ReadonlySet<string> }
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist' };

/** Which tags a WorkSpace has to have: all of these. */
export interface TagSelector {
  readonly matchTags: ReadonlyMap<string, string>;
  readonly matchExpressions: readonly TagExpression[];
}

/**
 * Whether tags are as a selector asks, in upper and lower case too, as in AWS. NotIn and DoesNotExist also match where the tag is
 * missing, as in Kubernetes.
 */
export function matchesTags({ matchTags, matchExpressions }: TagSelector, tags: ReadonlyMap<string, string>): boolean {
  return (
    [...matchTags].every(([key, value]) => tags.get(key) === value) &&
    matchExpressions.every((expression) => meets(expression, tags.get(expression.key)))
  );
}

function meets(expression: TagExpression, value: string | undefined): boolean {
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

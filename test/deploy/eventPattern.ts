/** Event pattern of EventBridge, limited to the operators that deploy/events uses. */
export type EventPattern = { readonly [member: string]: EventPattern | readonly unknown[] };

/**
 * Whether an event matches a pattern. Throws an Error for an operator that it doesn't know.
 *
 * Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matchesPattern(pattern: EventPattern, event: unknown): boolean {
  return Object.entries(pattern).every(([member, wanted]) => {
    if (member === '$or') {
      return (wanted as readonly EventPattern[]).some((alternative) => matchesPattern(alternative, event));
    }
    const isObject = typeof event === 'object' && event !== null && !Array.isArray(event);
    const value = isObject && Object.hasOwn(event, member) ? (event as Record<string, unknown>)[member] : undefined;
    return Array.isArray(wanted)
      ? wanted.some((condition) => matchesCondition(condition, value))
      : typeof value === 'object' && matchesPattern(wanted as EventPattern, value);
  });
}

/** Whether a value, or one of several, meets a condition: equality, `prefix`, or `exists`. */
function matchesCondition(condition: unknown, value: unknown): boolean {
  if (typeof condition !== 'object' || condition === null) {
    return [value].flat().includes(condition);
  }
  const [operator = '', ...others] = Object.keys(condition);
  const { prefix, exists } = condition as { readonly prefix?: string; readonly exists?: boolean };
  if (others.length > 0 || (operator !== 'prefix' && operator !== 'exists')) {
    throw new Error(`unknown condition ${JSON.stringify(condition)}`);
  }
  return operator === 'exists'
    ? exists === (value !== undefined)
    : [value].flat().some((text) => typeof text === 'string' && text.startsWith(prefix ?? ''));
}

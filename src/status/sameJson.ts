/** Whether two values are equal as JSON. The order of members doesn't matter, and a member that is undefined counts as missing. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) {
    return true;
  }
  if (!isComposite(a) || !isComposite(b)) {
    return Number.isNaN(a) && Number.isNaN(b);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => isSameJson(item, b[index]))
    );
  }
  return isWithin(a, b) && isWithin(b, a, (_, other) => other !== undefined);
}

type Composite = Readonly<Record<string, unknown>>;

function isComposite(value: unknown): value is Composite {
  return typeof value === 'object' && value !== null;
}

/** Whether another object has each defined member of an object. */
function isWithin(
  a: Composite,
  b: Composite,
  isFound: (value: unknown, other: unknown) => boolean = isSameJson,
): boolean {
  for (const name of Object.keys(a)) {
    const value = a[name];
    if (value !== undefined && !isFound(value, b[name])) {
      return false;
    }
  }
  return true;
}

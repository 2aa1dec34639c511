type Json = Readonly<Record<string, unknown>>;

/**
 * Returns the JSON merge patch (RFC 7386) that removes the members and the items of a written object that the wanted object doesn't have.
 * Undefined if there are none. A member that is undefined counts as missing. Other differences are not part of the patch.
 */
export function removalOf(written: object, wanted: object): Json | undefined {
  const patches = Object.entries(written).flatMap(([name, value]) => {
    const patch = removalIn(value, (wanted as Json)[name]);
    return patch === undefined ? [] : [[name, patch] as const];
  });
  return patches.length === 0 ? undefined : Object.fromEntries(patches);
}

function removalIn(value: unknown, wanted: unknown): unknown {
  if (wanted === undefined) {
    return null;
  }
  if (Array.isArray(value) && Array.isArray(wanted)) {
    return value.length > wanted.length ? wanted : undefined;
  }
  return isObject(value) && isObject(wanted) ? removalOf(value, wanted) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

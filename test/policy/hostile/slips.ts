import fc from 'fast-check';
import { UNICODE } from './texts.ts';

/** Values that may replace another value by mistake. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1,
    5,
    1.5,
    1e21,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    '',
    '5',
    'true',
    [],
    {},
    [null],
    [[]],
    {
      name: 'x',
    },
  ),
  fc.constantFrom(...UNICODE),
);

/** A path of alternating fields and indexes. */
export interface Slip {
  readonly turns: readonly number[];
  readonly what: 'replace' | 'remove' | 'double' | 'misspell';
  readonly by: unknown;
}
export const slip: fc.Arbitrary<Slip> = fc.record({
  turns: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
  what: fc.constantFrom('replace', 'replace', 'remove', 'double', 'misspell'),
  by: anything,
});

/** Returns the value with one mistake. */
export function slipped(value: unknown, { turns, what, by }: Slip): unknown {
  const [turn = 0, ...rest] = turns;
  const keys = Object.keys(Object(value));
  const key = keys[turn % Math.max(1, keys.length)];
  if (typeof value !== 'object' || value === null || key === undefined) {
    return value;
  }
  const child = (value as Record<string, unknown>)[key];
  if (rest.length > 0 && typeof child === 'object' && child !== null && Object.keys(child).length > 0) {
    return withEntry(value, key, slipped(child, { turns: rest, what, by }));
  }
  switch (what) {
    case 'replace':
      return withEntry(value, key, by);
    case 'double':
      return Array.isArray(value) ? [...value, child] : withEntry(value, key, [child, child]);
    case 'misspell':
      return Array.isArray(value) ? value : { ...value, [`${key}s`]: child };
    case 'remove':
      return Array.isArray(value)
        ? value.filter((_, index) => String(index) !== key)
        : Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  }
}

function withEntry(value: object, key: string, child: unknown): unknown {
  return Array.isArray(value)
    ? value.map((one, index) => (String(index) === key ? child : one))
    : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, name === key ? child : one]));
}

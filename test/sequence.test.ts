import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatenated, LazySequence, mapped, pickSliced, type Sequence, selection } from '../src/sequence.ts';
import { complete } from '../src/slices.ts';

/** A list, and the same items as an array. */
interface Pair {
  readonly list: Sequence<number>;
  readonly array: readonly number[];
}

const lazy = (array: readonly number[]): Sequence<number> =>
  new LazySequence(array.length, (index) => array[index] as number);
const isEven = (n: number) => n % 2 === 0;
const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 200 });

/** Lists that other functions made from lists, in any combination. */
const { pair } = fc.letrec<{ pair: Pair }>((tie) => ({
  pair: fc.oneof(
    { depthSize: 'small' },
    numbers.map((array) => ({ list: lazy(array), array })),
    numbers.map((array) => ({ list: array, array })),
    tie('pair').map(({ list, array }) => ({ list: mapped(list, (n) => 2 * n), array: array.map((n) => 2 * n) })),
    tie('pair').map(({ list, array }) => ({ list: complete(pickSliced(list, isEven)), array: array.filter(isEven) })),
    fc.array(tie('pair'), { maxLength: 4 }).map((pairs) => ({
      list: concatenated(...pairs.map(({ list }) => list)),
      array: pairs.flatMap((one) => one.array),
    })),
    fc.tuple(tie('pair'), fc.array(fc.nat(), { maxLength: 20 })).map(([{ list, array }, chosen]) => {
      const indices = array.length === 0 ? [] : chosen.map((n) => n % array.length);
      return { list: selection(list, Uint32Array.from(indices)), array: indices.map((n) => array[n] as number) };
    }),
  ),
}));

test('a list without copies is equal to an array', () => {
  fc.assert(
    fc.property(pair, fc.integer({ min: -210, max: 210 }), fc.integer({ min: -210, max: 210 }), (given, a, b) => {
      const { list, array } = given;
      expect(list).toHaveLength(array.length);
      expect([...list]).toEqual(array);
      expect([...list.entries()]).toEqual([...array.entries()]);
      expect(list.at(a)).toBe(array.at(a));
      expect(list.slice(a, b)).toEqual(array.slice(a, b));
      expect(list.slice()).toEqual(array);
      expect(list.filter(isEven)).toEqual(array.filter(isEven));
      expect(list.find((n) => n > a)).toBe(array.find((n) => n > a));
      expect(list.some((n) => n > a)).toBe(array.some((n) => n > a));
      expect(list.every((n) => n > a)).toBe(array.every((n) => n > a));
      expect(list.map(String)).toEqual(array.map(String));
      expect(list.flatMap((n) => (isEven(n) ? [n, n] : n))).toEqual(array.flatMap((n) => (isEven(n) ? [n, n] : n)));
    }),
  );
});

describe('an item', () => {
  test('is created when it is read, and not before', () => {
    const created: number[] = [];
    const list = new LazySequence(1_000, (index) => {
      created.push(index);
      return index;
    });
    const chosen = concatenated<number | string>(selection(list, Uint32Array.of(7, 8)), mapped(list, String));
    expect(created).toEqual([]);
    expect(chosen.at(1)).toBe(8);
    expect(created).toEqual([8]);
  });
});

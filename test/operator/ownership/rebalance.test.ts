import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planRebalance, type SharedFleet } from '../../../src/operator/ownership/rebalance.ts';

/** Fleets as `key:holder` or `key@place:holder`; nobody holds one that ends in a colon. */
function view(me: string, replicas: string, fleets: string, scopes: Record<string, string> = {}) {
  return {
    me,
    replicas: [...replicas],
    fleets: fleets.split(' ').map((text): SharedFleet => {
      const [what = '', holder = ''] = text.split(':');
      const [key = '', scope] = what.split('@');
      return { key, scope, holder: holder === '' ? undefined : holder };
    }),
    holderOfScope: (scope: string) => scopes[scope],
  };
}

test.each([
  ['a replica alone takes every fleet', view('A', 'A', 'f1: f2: f3:'), 'f1 f2 f3', ''],
  ['the first of two takes the first half', view('A', 'AB', 'f1: f2: f3:'), 'f1 f2', ''],
  ['the second takes the rest', view('B', 'AB', 'f1: f2: f3:'), 'f3', ''],
  ['who has its share leaves the others alone', view('A', 'AB', 'f1:A f2:A f3:'), '', ''],
  ['who has less takes what is free', view('B', 'AB', 'f1:A f2:A f3:'), 'f3', ''],
  ['who has too many gives the last ones up', view('A', 'AB', 'f1:A f2:A f3:A f4:A'), '', 'f3 f4'],
  ['nobody gives up for less than a whole fleet', view('A', 'AB', 'f1:A f2:A f3:B'), '', ''],
  ['three fleets over two replicas stay where most are', view('B', 'AB', 'f1:B f2:B f3:B'), '', 'f3'],
  ['while some are free nobody gives any up', view('A', 'AB', 'f1:A f2:A f3:A f4: f5: f6:'), '', ''],
  ['more replicas than fleets: some have none', view('C', 'ABC', 'f1:A f2:B'), '', ''],
  ['the fleets of one that died are shared out', view('A', 'AC', 'f1:A f2:C f3: f4:'), 'f3', ''],
  ['a replica that holds some and is not alive keeps them until they expire', view('A', 'A', 'f1:A f2:B'), '', ''],
])('%s', (_, given, take, giveUp) => {
  expect(planRebalance(given)).toEqual({ take: keys(take), giveUp: keys(giveUp) });
});

describe('fleets at one place go together', () => {
  test.each([
    ['who has one takes the other', view('A', 'AB', 'f1@p:A f2@p: f3:B'), 'f2', ''],
    ['nobody else takes it', view('B', 'AB', 'f1@p:A f2@p: f3:B'), '', ''],
    ['who holds the place has them', view('A', 'AB', 'f1@p:A f2@p:B f3:B', { p: 'B' }), '', 'f1'],
    ['and takes those that are free', view('B', 'AB', 'f1@p: f2@p:B f3:A', { p: 'B' }), 'f1', ''],
    ['where nobody holds the place yet, the first fleet decides', view('B', 'AB', 'f1@p:A f2@p:B'), '', 'f2'],
    ['they count as one', view('A', 'AB', 'f1@p:A f2@p:A f3:B', { p: 'A' }), '', ''],
    ['they are given up together', view('A', 'AB', 'f1:A f2@p:A f3@p:A', { p: 'A' }), '', 'f2 f3'],
    ['they are taken together', view('A', 'A', 'f1@p: f2@p:'), 'f1 f2', ''],
  ])('%s', (_, given, take, giveUp) => {
    expect(planRebalance(given)).toEqual({ take: keys(take), giveUp: keys(giveUp) });
  });
});

test('from anywhere, replicas that act in any order come to hold all fleets, evenly, and then stay still', () => {
  const replicas = fc.uniqueArray(fc.constantFrom<string[]>('A', 'B', 'C', 'D', 'E'), { minLength: 1 });
  const fleets = fc.array(
    fc.record({
      scope: fc.option(fc.constantFrom('p', 'q', 'r'), { nil: undefined }),
      holder: fc.option(fc.constantFrom<string[]>('A', 'B', 'C', 'D', 'E'), { nil: undefined }),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(replicas, fleets, fc.infiniteStream(fc.nat()), (alive, drawn, order) => {
      const state = drawn.map((fleet, index) => ({
        key: `f${String(index).padStart(2, '0')}`,
        scope: fleet.scope,
        holder: alive.includes(fleet.holder ?? '') ? fleet.holder : undefined,
      }));
      const scopes = new Map<string, string>();
      const viewOf = (me: string) => ({
        me,
        replicas: alive,
        fleets: state,
        holderOfScope: (p: string) => scopes.get(p),
      });
      const isStill = () =>
        alive.every((me) => Object.values(planRebalance(viewOf(me))).every((some) => some.length === 0));
      let rounds = 0;
      while (!isStill()) {
        expect(++rounds).toBeLessThan(200);
        const me = alive[order.next().value % alive.length] ?? '';
        const { take, giveUp } = planRebalance(viewOf(me));
        for (const fleet of state) {
          fleet.holder = take.includes(fleet.key) ? me : giveUp.includes(fleet.key) ? undefined : fleet.holder;
        }
        for (const scope of new Set(state.flatMap((fleet) => fleet.scope ?? []))) {
          const at = state.filter((fleet) => fleet.scope === scope && fleet.holder !== undefined);
          const holder = scopes.get(scope);
          if (!at.some((fleet) => fleet.holder === holder)) {
            scopes.delete(scope);
          }
          if (!scopes.has(scope) && at.some((fleet) => fleet.holder === me)) {
            scopes.set(scope, me);
          }
        }
      }
      expect(state.filter(({ holder }) => holder === undefined)).toEqual([]);
      const units = new Map(state.map(({ key, scope, holder }) => [scope ?? key, holder]));
      const counts = alive.map((replica) => [...units.values()].filter((holder) => holder === replica).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      for (const { scope, holder } of state.filter((fleet) => fleet.scope !== undefined)) {
        expect(holder).toBe(state.find((fleet) => fleet.scope === scope)?.holder);
      }
    }),
    { numRuns: 300 },
  );
});

function keys(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planRebalance, type SharedFleet } from '../../../src/operator/ownership/rebalance.ts';

/** Returns a view of fleets in the format `key:holder` or `key@scope:holder`. A fleet with an empty holder is free. */
function view(replica: string, replicas: string, fleets: string, scopes: Record<string, string> = {}) {
  return {
    replica,
    replicas: [...replicas],
    fleets: fleets.split(' ').map((text): SharedFleet => {
      const [fleet = '', holder = ''] = text.split(':');
      const [key = '', scope] = fleet.split('@');
      return { key, scope, holder: holder === '' ? undefined : holder };
    }),
    holderOfScope: (scope: string) => scopes[scope],
  };
}

test.each([
  ['a single replica acquires every fleet', view('A', 'A', 'f1: f2: f3:'), 'f1 f2 f3', ''],
  ['the first of two acquires the first half', view('A', 'AB', 'f1: f2: f3:'), 'f1 f2', ''],
  ['the second acquires the rest', view('B', 'AB', 'f1: f2: f3:'), 'f3', ''],
  ['a replica with its share acquires nothing', view('A', 'AB', 'f1:A f2:A f3:'), '', ''],
  ['a replica with less than its share acquires free fleets', view('B', 'AB', 'f1:A f2:A f3:'), 'f3', ''],
  ['a replica with more than its share releases the last ones', view('A', 'AB', 'f1:A f2:A f3:A f4:A'), '', 'f3 f4'],
  ['a difference of one fleet releases nothing', view('A', 'AB', 'f1:A f2:A f3:B'), '', ''],
  ['the replica with the most fleets keeps the remainder', view('B', 'AB', 'f1:B f2:B f3:B'), '', 'f3'],
  ['no replica releases fleets while some are free', view('A', 'AB', 'f1:A f2:A f3:A f4: f5: f6:'), '', ''],
  ['some replicas have no fleet if there are more replicas than fleets', view('C', 'ABC', 'f1:A f2:B'), '', ''],
  ['the fleets of a dead replica are distributed', view('A', 'AC', 'f1:A f2:C f3: f4:'), 'f3', ''],
  ['a dead replica keeps its fleets until their leases expire', view('A', 'A', 'f1:A f2:B'), '', ''],
])('%s', (_, given, acquire, release) => {
  expect(planRebalance(given)).toEqual({ acquire: keys(acquire), release: keys(release) });
});

describe('fleets in one AWS scope move together:', () => {
  test.each([
    ['the owner of one acquires the other', view('A', 'AB', 'f1@p:A f2@p: f3:B'), 'f2', ''],
    ['no other replica acquires it', view('B', 'AB', 'f1@p:A f2@p: f3:B'), '', ''],
    ['a replica without the scope releases them', view('A', 'AB', 'f1@p:A f2@p:B f3:B', { p: 'B' }), '', 'f1'],
    ['the holder of the scope acquires free ones', view('B', 'AB', 'f1@p: f2@p:B f3:A', { p: 'B' }), 'f1', ''],
    ['the first fleet decides if the scope is free', view('B', 'AB', 'f1@p:A f2@p:B'), '', 'f2'],
    ['they count as one unit', view('A', 'AB', 'f1@p:A f2@p:A f3:B', { p: 'A' }), '', ''],
    ['they are released together', view('A', 'AB', 'f1:A f2@p:A f3@p:A', { p: 'A' }), '', 'f2 f3'],
    ['they are acquired together', view('A', 'A', 'f1@p: f2@p:'), 'f1 f2', ''],
  ])('%s', (_, given, acquire, release) => {
    expect(planRebalance(given)).toEqual({ acquire: keys(acquire), release: keys(release) });
  });
});

test('replicas that act in any order distribute all fleets evenly and then make no more changes', () => {
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
      const viewOf = (replica: string) => ({
        replica,
        replicas: alive,
        fleets: state,
        holderOfScope: (p: string) => scopes.get(p),
      });
      const isStill = () =>
        alive.every((replica) => Object.values(planRebalance(viewOf(replica))).every((some) => some.length === 0));
      let rounds = 0;
      while (!isStill()) {
        expect(++rounds).toBeLessThan(200);
        const replica = alive[order.next().value % alive.length] ?? '';
        const { acquire, release } = planRebalance(viewOf(replica));
        for (const fleet of state) {
          fleet.holder = acquire.includes(fleet.key) ? replica : release.includes(fleet.key) ? undefined : fleet.holder;
        }
        for (const scope of new Set(state.flatMap((fleet) => fleet.scope ?? []))) {
          const at = state.filter((fleet) => fleet.scope === scope && fleet.holder !== undefined);
          const holder = scopes.get(scope);
          if (!at.some((fleet) => fleet.holder === holder)) {
            scopes.delete(scope);
          }
          if (!scopes.has(scope) && at.some((fleet) => fleet.holder === replica)) {
            scopes.set(scope, replica);
          }
        }
      }
      expect(state.filter(({ holder }) => holder === undefined)).toEqual([]);
      const units = new Map(state.map(({ key, scope, holder }) => [scope ?? key, holder]));
      const counts = alive.map((name) => [...units.values()].filter((holder) => holder === name).length);
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

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inColumns } from '../../src/fleet/associationColumns.ts';
import type { Association } from '../../src/fleet/model.ts';
import { associationTable } from '../../src/inventory/associationTable.ts';
import { UpdatedMap } from '../../src/lazyMap.ts';
import { complete } from '../../src/slices.ts';

const APPLICATIONS = ['wsa-0', 'wsa-1', 'wsa-2'];
const WORKSPACES = Array.from({ length: 8 }, (_, n) => `ws-${n}`);

const association = (applicationIDs: readonly string[]): fc.Arbitrary<Association> =>
  fc.record({
    workspaceID: fc.constantFrom(...WORKSPACES),
    applicationID: fc.constantFrom(...applicationIDs),
    state: fc.constantFrom('COMPLETED', 'INSTALLING', 'REMOVED'),
  });
/** One listing for each application. Some items appear twice, and some belong to another application. */
const listings = fc.tuple(...APPLICATIONS.map((id) => fc.array(association([id, id, id, 'wsa-3']), { maxLength: 12 })));

/** Returns the associations in maps of objects. */
function inMaps(all: readonly (readonly Association[])[]): Map<string, Map<string, Association>> {
  const maps = new Map<string, Map<string, Association>>();
  for (const one of all.flat()) {
    const onWorkspace = maps.get(one.workspaceID) ?? new Map<string, Association>();
    maps.set(one.workspaceID, onWorkspace.set(one.applicationID, one));
  }
  return maps;
}

function entriesOf(associations: ReadonlyMap<string, ReadonlyMap<string, Association>>) {
  return [...associations].map(([id, onWorkspace]) => [id, [...onWorkspace]]);
}

test('a table is equal to maps of objects, in the same order', () => {
  fc.assert(
    fc.property(listings, (all) => {
      const table = complete(associationTable(all.map((one, n) => inColumns(APPLICATIONS[n] ?? '', one))));
      const maps = inMaps(all);
      expect(entriesOf(table)).toEqual(entriesOf(maps));
      expect(table.size).toBe(maps.size);
      expect([...table.keys()]).toEqual([...maps.keys()]);
      for (const id of [...WORKSPACES, 'ws-unknown']) {
        expect(table.has(id)).toBe(maps.has(id));
        const [actual, expected] = [table.get(id), maps.get(id)];
        expect(actual?.size).toBe(expected?.size);
        expect([...(actual?.keys() ?? [])]).toEqual([...(expected?.keys() ?? [])]);
        expect([...(actual?.values() ?? [])]).toEqual([...(expected?.values() ?? [])]);
        for (const applicationID of [...APPLICATIONS, 'wsa-3', 'wsa-unknown']) {
          expect(actual?.has(applicationID)).toBe(expected?.has(applicationID));
          expect(actual?.get(applicationID)).toEqual(expected?.get(applicationID));
        }
      }
    }),
  );
});

test('a map with updates is equal to a copy with these updates, and leaves its base unchanged', () => {
  const entries = fc.array(fc.tuple(fc.constantFrom(...WORKSPACES), fc.nat()));
  fc.assert(
    fc.property(entries, entries, (before, updates) => {
      const base = new Map(before);
      const updated = new UpdatedMap(base, new Map(updates));
      const copy = new Map([...before, ...updates]);
      const visited: [string, number][] = [];
      updated.forEach((value, key) => void visited.push([key, value]));
      expect([...updated]).toEqual([...copy]);
      expect(visited).toEqual([...copy]);
      expect([...updated.keys()]).toEqual([...copy.keys()]);
      expect([...updated.values()]).toEqual([...copy.values()]);
      expect(updated.size).toBe(copy.size);
      for (const id of WORKSPACES) {
        expect([updated.has(id), updated.get(id)]).toEqual([copy.has(id), copy.get(id)]);
      }
      expect([...base]).toEqual([...new Map(before)]);
    }),
  );
});

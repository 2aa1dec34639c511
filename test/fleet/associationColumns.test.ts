import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssociationCollector, inColumns } from '../../src/fleet/associationColumns.ts';
import { ASSOCIATION_STATES, type Association } from '../../src/fleet/model.ts';
import { SharedTexts } from '../../src/sharedTexts.ts';

const APPLICATION = 'wsa-0123456789';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Associations as the adapter returns them, with any value that AWS may return or omit. */
const association: fc.Arbitrary<Association> = fc.record({
  workspaceID: fc.integer({ min: 0, max: 9 }).map((n) => `ws-${n}`),
  applicationID: fc.constantFrom(APPLICATION, APPLICATION, APPLICATION, 'wsa-another'),
  state: maybe(fc.oneof(fc.constantFrom(...ASSOCIATION_STATES), fc.string())),
  stateReason: fc.option(fc.record({ errorCode: maybe(fc.string()), errorMessage: maybe(fc.string()) }), {
    nil: undefined,
    freq: 1,
  }),
  created: maybe(fc.date({ noInvalidDate: true })),
  lastUpdatedTime: maybe(fc.date({ noInvalidDate: true })),
  untrusted: maybe(fc.string()),
});

test('associations in columns are the same associations', () => {
  fc.assert(
    fc.property(fc.array(fc.array(association, { maxLength: 25 }), { maxLength: 4 }), (pages) => {
      const collector = new AssociationCollector(APPLICATION, new SharedTexts());
      for (const page of pages) {
        collector.addAll(page);
      }
      const columns = collector.columns();
      const all = pages.flat();
      expect([...columns]).toEqual(all);
      expect(all.map((_, index) => columns.workspaceIDAt(index))).toEqual(all.map((one) => one.workspaceID));
      expect(all.map((_, index) => columns.applicationIDAt(index))).toEqual(all.map((one) => one.applicationID));
      expect(all.map((_, index) => columns.stateAt(index))).toEqual(all.map((one) => one.state));
      expect([...inColumns(APPLICATION, all)]).toEqual(all);
      expect(collector.hasDuplicates()).toBe(new Set(all.map((one) => one.workspaceID)).size < all.length);
    }),
  );
});

test('columns keep the descriptions of the items without an ID', () => {
  const collector = new AssociationCollector(APPLICATION);
  collector.addAll(Object.assign([], { unidentified: ['an entry has no ID'] }));
  collector.addAll([]);
  collector.addAll(Object.assign([], { unidentified: ['an entry has no ID', 'another'] }));
  expect(collector.columns().unidentified).toEqual(['an entry has no ID', 'an entry has no ID', 'another']);
  expect(new AssociationCollector(APPLICATION).columns().unidentified).toBeUndefined();
});

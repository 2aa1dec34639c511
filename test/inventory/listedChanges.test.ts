import { expect, test } from 'vitest';
import type { Association } from '../../src/fleet/model.ts';
import { ListedChanges } from '../../src/inventory/listedChanges.ts';
import type { Listing } from '../../src/inventory/observationOverlay.ts';
import { ObservedAssociations } from '../../src/inventory/observedAssociations.ts';
import { complete } from '../../src/slices.ts';
import { association, VISIO, ws } from '../builders.ts';

type State = Association['state'];

/** Times of two listings, and of a read between them. */
const [BEFORE, BETWEEN, AFTER] = [1_000, 2_000, 3_000];
const CHANGE = { workspaceID: ws(1), since: BEFORE, listedAt: AFTER };

/** Returns a listing in which one WorkSpace has Visio in a state, or no WorkSpace has it. */
function listing(askedAt: number, ...states: readonly State[]): Listing<Association> {
  return { askedAt, value: states.map((state, index) => association(ws(index + 1), VISIO, { state })) };
}

/** Returns the changes between two listings, with observations of single WorkSpaces. */
function changes(
  previous: Listing<Association>,
  next: Listing<Association>,
  observe: (observed: ObservedAssociations) => void = () => {},
) {
  const observed = new ObservedAssociations();
  observe(observed);
  const listed = new ListedChanges(observed);
  listed.add(VISIO, previous, next);
  return complete(listed.take());
}

test.each<[string, readonly State[], readonly State[]]>([
  ['a new association', [], ['COMPLETED']],
  ['a new association that awaits its deployment', [], ['PENDING_INSTALL_DEPLOYMENT']],
  ['an association that was removed before', ['REMOVED'], ['PENDING_INSTALL']],
  ['an association that is gone', ['COMPLETED'], []],
  ['an association that was removed', ['COMPLETED'], ['REMOVED']],
  ['an association that is marked for removal', ['COMPLETED'], ['PENDING_UNINSTALL_DEPLOYMENT']],
  ['a removal', ['COMPLETED'], ['UNINSTALLING']],
])('%s is a change by a call', (_, before, after) => {
  expect(changes(listing(BEFORE, ...before), listing(AFTER, ...after))).toEqual([CHANGE]);
});

test.each<[string, readonly State[], readonly State[]]>([
  ['nothing', ['COMPLETED'], ['COMPLETED']],
  ['the end of an installation', ['INSTALLING'], ['COMPLETED']],
  ['a failed installation', ['INSTALLING'], ['ERROR']],
  ['the deployment of a removal', ['PENDING_UNINSTALL_DEPLOYMENT'], ['UNINSTALLING']],
  ['the end of a removal', ['UNINSTALLING'], ['REMOVED']],
  ['the end of the listing of a removal', ['REMOVED'], []],
  ['an unknown state before', [undefined], ['COMPLETED']],
  ['an unknown state after', ['COMPLETED'], [undefined]],
])('%s is no change by a call', (_, before, after) => {
  expect(changes(listing(BEFORE, ...before), listing(AFTER, ...after))).toEqual([]);
});

test('a change that a read after the previous listing showed is known', () => {
  const installed = [listing(BEFORE), listing(AFTER, 'COMPLETED')] as const;
  const read = association(ws(1), VISIO);
  expect(changes(...installed, (observed) => observed.recordAll(ws(1), [read], BETWEEN))).toEqual([]);
  expect(changes(...installed, (observed) => observed.record(read, BETWEEN))).toEqual([]);
  const removed = [listing(BEFORE, 'COMPLETED'), listing(AFTER)] as const;
  expect(changes(...removed, (observed) => observed.recordAll(ws(1), [], BETWEEN))).toEqual([]);
});

test('a change that a read before the previous listing showed, or a read of another WorkSpace, is not known', () => {
  const installed = [listing(BEFORE), listing(AFTER, 'COMPLETED')] as const;
  const read = association(ws(1), VISIO);
  expect(changes(...installed, (observed) => observed.recordAll(ws(1), [read], BEFORE - 1))).toEqual([CHANGE]);
  expect(changes(...installed, (observed) => observed.recordAll(ws(2), [association(ws(2), VISIO)], BETWEEN))).toEqual([
    CHANGE,
  ]);
});

test('a change after the last read is a change', () => {
  const unchanged = [listing(BEFORE, 'COMPLETED'), listing(AFTER, 'COMPLETED')] as const;
  expect(changes(...unchanged, (observed) => observed.recordAll(ws(1), [], BETWEEN))).toEqual([CHANGE]);
});

test('each change is returned once, with all WorkSpaces of all listings', () => {
  const listed = new ListedChanges(new ObservedAssociations());
  listed.add(VISIO, listing(BEFORE), listing(BETWEEN, 'COMPLETED', 'COMPLETED'));
  listed.add(VISIO, listing(BETWEEN, 'COMPLETED', 'COMPLETED'), listing(AFTER, 'COMPLETED', 'REMOVED'));
  expect(complete(listed.take())).toEqual([
    { workspaceID: ws(1), since: BEFORE, listedAt: BETWEEN },
    { workspaceID: ws(2), since: BEFORE, listedAt: BETWEEN },
    { workspaceID: ws(2), since: BETWEEN, listedAt: AFTER },
  ]);
  expect(complete(listed.take())).toEqual([]);
});

import { expect, test } from 'vitest';
import type { Workspace } from '../../src/fleet/model.ts';
import type { WorkspaceQuery } from '../../src/fleet/ports.ts';
import type { Listing } from '../../src/inventory/observationOverlay.ts';
import { announcedIn } from '../../src/inventory/readScope.ts';
import { complete } from '../../src/slices.ts';
import { workspace, ws } from '../builders.ts';

const LISTED_AT = 1_000;
const NEW = workspace(ws(9), { directoryID: 'd-9a67b1c4e2', bundleID: 'wsb-8vbljg4r6' });

function listing(askedAt: number, ...ids: readonly string[]): Listing<Workspace> {
  return { askedAt, value: ids.map((id) => workspace(id)) };
}

/** Returns the announced WorkSpaces that belong to listings with these queries. */
function announced(
  queries: readonly WorkspaceQuery[],
  { at = LISTED_AT, listings = [listing(LISTED_AT, ws(1))] as readonly Listing<Workspace>[] } = {},
) {
  return complete(announcedIn([{ at, workspace: NEW }], listings, queries));
}

test.each<[string, WorkspaceQuery]>([
  ['all WorkSpaces', { all: true }],
  ['its directory', { directoryID: 'd-9a67b1c4e2' }],
  ['its bundle', { bundleID: 'wsb-8vbljg4r6' }],
  ['its ID', { workspaceIDs: [ws(1), ws(9)] }],
])('a new WorkSpace belongs to a listing of %s', (_, query) => {
  expect(announced([query])).toEqual([ws(9)]);
});

test.each<[string, WorkspaceQuery]>([
  ['another directory', { directoryID: 'd-0000000000' }],
  ['another bundle', { bundleID: 'wsb-000000000' }],
  ['other IDs', { workspaceIDs: [ws(1)] }],
])('a new WorkSpace does not belong to a listing of %s', (_, query) => {
  expect(announced([query])).toEqual([]);
});

test('a new WorkSpace belongs to one of several listings, and is returned once', () => {
  const queries: WorkspaceQuery[] = [{ directoryID: 'd-0000000000' }, { all: true }, { bundleID: 'wsb-8vbljg4r6' }];
  expect(announced(queries)).toEqual([ws(9)]);
});

test('a WorkSpace that a listing contains is not returned', () => {
  const listings = [listing(LISTED_AT, ws(1)), listing(LISTED_AT, ws(9))];
  expect(announced([{ all: true }], { listings })).toEqual([]);
});

test('a WorkSpace that was read before all listings is not returned', () => {
  const listings = [listing(LISTED_AT, ws(1)), listing(LISTED_AT + 1_000, ws(2))];
  expect(announced([{ all: true }], { at: LISTED_AT - 1, listings })).toEqual([]);
  expect(announced([{ all: true }], { at: LISTED_AT, listings })).toEqual([ws(9)]);
});

test('without queries, no WorkSpace is returned', () => {
  expect(announced([])).toEqual([]);
});

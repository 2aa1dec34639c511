import { expect, test } from 'vitest';
import { Inventory } from '../../src/inventory/inventory.ts';
import { ObservationOverlay } from '../../src/inventory/observationOverlay.ts';
import { completeInSlices } from '../../src/slices.ts';
import { association, VISIO, workspace, ws } from '../builders.ts';
import { fakeFleet } from '../fakeOperator.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { HOUR } from '../fixtures.ts';

test('the 10,000 WorkSpaces that events announced last are kept', () => {
  const overlay = new ObservationOverlay();
  const announce = (n: number) => {
    overlay.announce(ws(n));
    overlay.workspace(ws(n), workspace(ws(n)), n);
    overlay.recordAssociations(ws(n), [], n);
  };
  for (let n = 1; n <= 10_000; n++) {
    announce(n);
  }
  announce(1);
  announce(10_001);
  const kept = new Set(overlay.announced().map(({ workspace: { workspaceID } }) => workspaceID));
  expect(kept.size).toBe(10_000);
  expect([ws(1), ws(2), ws(10_001)].filter((id) => kept.has(id))).toEqual([ws(1), ws(10_001)]);
});

test('an answer to an earlier request does not make the last read older than a listing', async () => {
  const overlay = new ObservationOverlay();
  const listing = { askedAt: 20, value: [] };
  overlay.recordAssociations(ws(1), [association(ws(1), VISIO)], 30);
  // This request waited for its token.
  overlay.recordAssociations(ws(1), [association(ws(1), VISIO)], 10);
  expect(overlay.associations.allSeenAt(ws(1))).toBe(30);
  const merged = await completeInSlices(overlay.associations.merge(new Map([[VISIO, listing]]), 0), new VirtualClock());
  expect(merged.get(ws(1))?.has(VISIO)).toBe(true);
});

test('a read after the clock was set back counts as the last one', () => {
  const overlay = new ObservationOverlay();
  overlay.recordAssociations(ws(1), [], HOUR);
  overlay.recordAssociations(ws(1), [], 0);
  expect(overlay.associations.allSeenAt(ws(1))).toBe(0);
});

test('tags and connections from before a time are forgotten, and later ones are kept', () => {
  const clock = new VirtualClock();
  const inventory = new Inventory(fakeFleet(1, []), clock);
  const now = clock.now();
  inventory.observeTags(ws(1), new Map(), now);
  inventory.observeConnection({ workspaceID: ws(1) }, now);
  for (const subject of ['tags', 'connection'] as const) {
    inventory.announced.forgetBefore(ws(1), subject, now.getTime());
    expect(inventory.announced.readAt(ws(1), subject)).toBe(now.getTime());
    inventory.announced.forgetBefore(ws(1), subject, now.getTime() + 1);
    expect(inventory.announced.readAt(ws(1), subject)).toBeUndefined();
  }
});

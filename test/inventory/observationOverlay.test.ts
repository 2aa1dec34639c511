import { expect, test } from 'vitest';
import { Inventory } from '../../src/inventory/inventory.ts';
import { ObservationOverlay } from '../../src/inventory/observationOverlay.ts';
import { workspace, ws } from '../builders.ts';
import { fakeFleet } from '../fakeOperator.ts';
import { VirtualClock } from '../fakes/clock.ts';

test('the 10,000 WorkSpaces that events announced last are kept', () => {
  const overlay = new ObservationOverlay();
  const announce = (n: number) => {
    overlay.announce(ws(n));
    overlay.workspace(ws(n), workspace(ws(n)), n);
    overlay.associations(ws(n), [], n);
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

import { expect, test } from 'vitest';
import { createAwsFleet } from '../../src/aws/createAwsFleet.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { systemClock } from '../../src/clock.ts';
import { BundleCache } from '../../src/inventory/bundleCache.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { inventoryOf, parseInventory, redacted } from '../../src/inventory/inventoryFile.ts';
import { EVERYTHING } from '../../src/inventory/readRequirements.ts';
import { seedOfInventory } from '../../src/simulator/fromInventory.ts';
import { readSeed, seedFrom } from '../../src/simulator/seed.ts';
import { startSimulator } from '../../src/simulator/start.ts';

/** Returns the inventory of a simulated fleet. */
async function inventoryIn(seed: ReturnType<typeof seedFrom>) {
  const simulator = await startSimulator({ seed, rateLimit: { callsPerSecond: 0 } });
  try {
    const fleet = createAwsFleet({
      region: seed.region,
      endpoint: simulator.url,
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
      rateLimiter: new RateLimiter({ callsPerSecond: 1_000, burst: 1_000, clock: systemClock }),
      clock: systemClock,
      signal: new AbortController().signal,
    });
    const snapshot = await new Inventory(fleet, systemClock).read(EVERYTHING, 1);
    const bundles = new BundleCache(fleet.bundlesWith('inventory'), systemClock);
    const bundleIDs = [...new Set([...snapshot.workspaces.values()].flatMap(({ bundleID }) => bundleID ?? []))].sort();
    await bundles.request(bundleIDs);
    const contents = bundleIDs.flatMap((id) => bundles.contentsOf(id) ?? []);
    const metadata = { accountID: seed.accountID, region: seed.region, takenAt: new Date().toISOString() };
    return inventoryOf(snapshot, metadata, contents);
  } finally {
    await simulator.close();
  }
}

const withoutTimes = (file: object) =>
  JSON.parse(JSON.stringify(file, (key, value) => (/At$|created|Time/.test(key) ? undefined : value)));

test('a fleet simulated from an inventory has the same inventory', async () => {
  const original = await inventoryIn(await readSeed('deploy/simulator/fleet.yaml'));
  const rehearsed = await inventoryIn(seedFrom(seedOfInventory(parseInventory(original))));
  expect(withoutTimes(rehearsed)).toEqual(withoutTimes(original));
});

test('a fleet simulated from an inventory has the same applications in its bundles', async () => {
  const original = await inventoryIn(
    seedFrom({
      applications: ['wsa-visio00001', 'wsa-office0001'].map((applicationID) => ({
        applicationID,
        name: applicationID,
      })),
      bundles: [{ bundleID: 'wsb-000000001', imageID: 'wsi-000000001', applications: ['wsa-office0001'] }],
      images: [{ imageID: 'wsi-000000001', applications: ['wsa-visio00001'] }],
      workspaces: [
        { workspaceID: 'ws-000000001', userName: 'ada', directoryID: 'd-0000000001', bundleID: 'wsb-000000001' },
      ],
    }),
  );
  expect(original.bundles).toEqual([
    {
      bundleID: 'wsb-000000001',
      imageID: 'wsi-000000001',
      applicationIDs: ['wsa-office0001', 'wsa-visio00001'],
    },
  ]);
  const rehearsed = await inventoryIn(seedFrom(seedOfInventory(parseInventory(original))));
  expect(rehearsed.bundles).toEqual(original.bundles);
});

test('a redacted inventory has the same fleet with numbered users', async () => {
  const original = await inventoryIn(await readSeed('deploy/simulator/fleet.yaml'));
  const file = redacted(original);
  const names = file.workspaces.map(({ userName }) => userName);
  expect(names.every((name) => /^user-\d\d$/.test(name ?? ''))).toBe(true);
  expect(new Set(names).size).toBe(new Set(original.workspaces.map(({ userName }) => userName)).size);
  expect(JSON.stringify(file)).not.toContain(original.workspaces[0]?.userName ?? 'nobody');
  expect(seedFrom(seedOfInventory(file)).workspaces).toHaveLength(40);
});

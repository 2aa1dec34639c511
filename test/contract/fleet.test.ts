import { beforeAll, describe } from 'vitest';
import { parse, stringify } from 'yaml';
import { createAwsFleet } from '../../src/aws/createAwsFleet.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import type { FleetWriter } from '../../src/fleet/ports.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import { inventoryOf, parseInventory } from '../../src/inventory/inventoryFile.ts';
import { InventoryFileFleet } from '../../src/inventory/inventoryFileFleet.ts';
import { EVERYTHING } from '../../src/inventory/readRequirements.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';
import { describeFleetContract } from './fleet.contract.ts';
import { describeReads } from './reads.contract.ts';
import * as seed from './seed.ts';
import type { FleetUnderTest } from './subject.ts';

describeFleetContract('the fake', async (): Promise<FleetUnderTest> => {
  const fleet = seededFake();
  return {
    fleet,
    now: () => fleet.clock.now(),
    bundles: fleet,
    denyNextImage: () => fleet.failNext('describeImageAssociations', 'AccessDenied'),
    finishDeployments: async () => fleet.finishDeployments(),
    loseNextResponse: (change) => fleet.failNext(change, 'Unavailable', { carriedOut: true }),
    denyNextListing: () => fleet.failNext('describeApplicationAssociations', 'AccessDenied'),
    rejectID: (workspaceID) => fleet.rejectID(workspaceID),
    corruptUserName: (workspaceID) => {
      const { userName: _, ...rest } = seed.workspaces.find((one) => one.workspaceID === workspaceID) ?? {
        workspaceID,
      };
      fleet.putWorkspace({ ...rest, untrusted: "UserName isn't a string" });
    },
    [Symbol.asyncDispose]: async () => {},
  };
});

describe('the read contract of an inventory file', () => {
  let recorded: InventoryFileFleet;
  const clock = new VirtualClock();
  beforeAll(async () => {
    const snapshot = await new Inventory(seededFake(), clock).read(EVERYTHING, 1_000);
    const file = inventoryOf(snapshot, { takenAt: clock.now().toISOString() });
    recorded = new InventoryFileFleet(parseInventory(parse(stringify(file))));
  });
  describeReads(() => ({ fleet: recorded, now: () => clock.now() }));
});

/** Returns a fake with the fleet of the contract. */
function seededFake(): FakeFleet {
  const fleet = new FakeFleet(seed);
  const ago = (ms: number) => new Date(fleet.clock.now().getTime() - ms);
  fleet.omitConnection(seed.unchecked);
  fleet.putConnection({
    workspaceID: seed.lastUsed,
    connectionState: 'DISCONNECTED',
    connectionStateCheckTimestamp: ago(seed.CHECKED_AGO_MS),
    lastKnownUserConnectionTimestamp: ago(seed.CONNECTED_AGO_MS),
  });
  return fleet;
}

/** Connections that differ from the default of a seed. */
const CONNECTION_CHECKS: Readonly<Record<string, Partial<NonNullable<SeedDocument['workspaces']>[number]>>> = {
  [seed.unchecked]: { connectionCheckedAgo: 'never' },
  [seed.lastUsed]: { connectionCheckedAgo: '45m', lastConnectedAgo: '3d' },
};

const OPERATIONS = {
  associateWorkspaceApplication: 'AssociateWorkspaceApplication',
  disassociateWorkspaceApplication: 'DisassociateWorkspaceApplication',
  deployWorkspaceApplications: 'DeployWorkspaceApplications',
} as const satisfies Record<keyof FleetWriter, string>;

describeFleetContract('the SDK adapter over the simulator', async (): Promise<FleetUnderTest> => {
  const clock = new VirtualClock();
  const simulator = await startSimulator({ seed: seedFrom(seedDocument()), clock });
  const fleet = createAwsFleet({
    region: 'eu-central-1',
    endpoint: simulator.url,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    rateLimiter: new RateLimiter({ callsPerSecond: 1_000, burst: 1_000, clock }),
    clock,
    signal: new AbortController().signal,
  });
  return {
    fleet,
    now: () => clock.now(),
    bundles: fleet.bundlesWith('inventory'),
    denyNextImage: () =>
      simulator.faults.add({ fault: 'AccessDenied', operation: 'DescribeImageAssociations', times: 1 }),
    finishDeployments: () => clock.advance(10_000),
    loseNextResponse: (change) =>
      simulator.faults.add({ fault: 'LoseAnswer', operation: OPERATIONS[change], times: 1 }),
    denyNextListing: () =>
      simulator.faults.add({
        fault: 'AccessDenied',
        operation: 'DescribeApplicationAssociations',
        page: 2,
        times: 1,
      }),
    rejectID: (workspaceID) =>
      simulator.faults.add({
        fault: 'Exception',
        exception: 'InvalidParameterValuesException',
        operation: 'DescribeWorkspaces',
        workspaceID,
      }),
    corruptUserName: (workspaceID) =>
      simulator.faults.add({
        fault: 'ReplaceMember',
        operation: 'DescribeWorkspaces',
        workspaceID,
        member: 'UserName',
        value: 5,
      }),
    [Symbol.asyncDispose]: () => simulator.close(),
  };
});

/** Returns the fleet of the contract as a seed whose deployments take 3 seconds and stay listed for a minute. */
function seedDocument(): SeedDocument {
  return {
    rateLimit: { callsPerSecond: 0 },
    // The contract covers both alternatives for a WorkSpace that isn't ready: the port passes on what AWS responds.
    undocumented: { changesInOtherStates: 'Accept' },
    durations: { pending: '1s', installing: '2s', uninstalling: '2s', removedListed: '1m' },
    applications: seed.applications as NonNullable<SeedDocument['applications']>,
    bundles: seed.bundles.map(({ imageID, ...bundle }) => ({
      ...bundle,
      ...(imageID !== undefined && { imageID }),
      applications: [...bundle.applications],
    })),
    images: Object.entries(seed.images).map(([imageID, applications]) => ({
      imageID,
      applications: [...applications],
    })),
    workspaces: seed.workspaces.map((workspace) => ({
      ...workspace,
      tags: seed.tags[workspace.workspaceID] ?? {},
      connection: seed.connections.find(({ workspaceID }) => workspaceID === workspace.workspaceID)?.connectionState,
      ...CONNECTION_CHECKS[workspace.workspaceID],
      applications: seed.associations
        .filter(({ workspaceID }) => workspaceID === workspace.workspaceID)
        .map(({ workspaceID: _, stateReason, ...association }) => ({
          ...association,
          ...(stateReason !== undefined && { stateReason }),
        })),
    })) as NonNullable<SeedDocument['workspaces']>,
  };
}

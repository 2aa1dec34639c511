import { expect } from 'vitest';
import { type AwsFleet, type AwsFleetOptions, createAwsFleet } from '../../src/aws/createAwsFleet.ts';
import { listed } from '../../src/aws/items.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { FleetError } from '../../src/fleet/errors.ts';
import type { Fleet, Listed, ListedItems } from '../../src/fleet/ports.ts';
import { InstantClock } from '../fakes/clock.ts';
import { type Received, type Reply, type ScriptedServer, startServer } from './server.ts';

export const WORKSPACE = 'ws-00000001a';
export const APPLICATION = 'wsa-00000001a';

export interface Harness extends AsyncDisposable {
  readonly fleet: AwsFleet;
  readonly server: ScriptedServer;
  readonly rateLimiter: RateLimiter;
}

/**
 * Starts the adapter over the real SDK and an endpoint with scripted responses. Time is instant unless `options`
 * contains a clock.
 */
export async function startFleet(
  script: readonly Reply[] | ((request: Received) => Reply),
  options: Partial<AwsFleetOptions> = {},
): Promise<Harness> {
  const server = await startServer(script);
  const { clock = new InstantClock() } = options;
  const rateLimiter = options.rateLimiter ?? new RateLimiter({ callsPerSecond: 2, burst: 5, clock });
  const fleet = createAwsFleet({
    region: 'eu-central-1',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    timeouts: { connection: 5_000, request: 5_000 },
    clock,
    rateLimiter,
    random: () => 0.5,
    signal: new AbortController().signal,
    version: '1.2.3',
    ...options,
  });
  return { fleet, server, rateLimiter, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/**
 * Returns the FleetError that a call rejects with. Fails the test if the call resolves or rejects with another error.
 */
export async function failureOf(call: Promise<unknown>): Promise<FleetError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  expect(outcome).toHaveProperty('error');
  const { error } = outcome as { error: unknown };
  if (!(error instanceof FleetError)) {
    throw error;
  }
  return error;
}

/** Reads: what each one lists, the response member that holds the list, and the call. */
export const READS: readonly [string, string, (fleet: Fleet) => Promise<unknown[]>][] = [
  ['all WorkSpaces', 'Workspaces', (fleet) => fleet.describeWorkspaces({ all: true })],
  ['applications', 'Applications', (fleet) => fleet.describeApplications({})],
  [
    "an application's associations",
    'Associations',
    (fleet) => asArray(fleet.describeApplicationAssociations(APPLICATION)),
  ],
  ["a WorkSpace's associations", 'Associations', (fleet) => fleet.describeWorkspaceAssociations(WORKSPACE)],
];

/** Reads that are paged. The associations of a WorkSpace arrive in one response. */
export const LISTINGS = READS.slice(0, 3);

/** Returns a listing as an array, with the description of its items without a usable ID. */
export async function asArray<T>(listing: Promise<ListedItems<T>>): Promise<Listed<T>> {
  const items = await listing;
  return listed([...items], items.unidentified);
}

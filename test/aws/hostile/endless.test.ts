import type { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import { expect, test } from 'vitest';
import { WorkSpacesFleet } from '../../../src/aws/fleet.ts';
import { RateLimitedClient } from '../../../src/aws/rateLimitedClient.ts';
import { RateLimiter } from '../../../src/aws/rateLimiter.ts';
import type { Fleet } from '../../../src/fleet/ports.ts';
import { InstantClock } from '../../fakes/clock.ts';
import { failureOf, LISTINGS } from '../harness.ts';

/**
 * Returns a fleet whose responses are the pages of `pageOf`, numbered from 0. It bypasses the wire of the SDK because
 * the tests read thousands of pages.
 */
function fleetOf(pageOf: (page: number) => object): { fleet: Fleet; requests: () => number } {
  let page = 0;
  const client = { send: async () => ({ ...pageOf(page++), $metadata: { requestId: 'a' } }) };
  const clock = new InstantClock();
  const api = new RateLimitedClient({
    client: client as unknown as WorkSpacesClient,
    rateLimiter: new RateLimiter({ callsPerSecond: 1e6, burst: 1e6, clock }),
    clock,
    random: () => 0.5,
    signal: new AbortController().signal,
  });
  return { fleet: new WorkSpacesFleet(api, api as never, 'inventory'), requests: () => page };
}

test('a listing with ever new page tokens fails after the maximum number of pages', async () => {
  const { fleet, requests } = fleetOf((page) => ({
    Workspaces: [{ WorkspaceId: `ws-00000000${page % 7}` }],
    NextToken: `token ${page}`,
  }));
  const failure = await failureOf(fleet.describeWorkspaces({ all: true }));
  expect(failure.kind).toBe('InvalidResponse');
  expect(failure.message).toContain("didn't end");
  expect(requests()).toBeLessThanOrEqual(10_001);
});

test.each(LISTINGS)('a listing of %s is rejected for page tokens longer than the API allows', async (_, list, read) => {
  const { fleet, requests } = fleetOf((page) => ({ [list]: [], NextToken: String(page).padStart(3_000, 'x') }));
  expect((await failureOf(read(fleet))).kind).toBe('InvalidResponse');
  expect(requests()).toBe(1);
});

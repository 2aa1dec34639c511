import type { WorkSpacesClient } from '@aws-sdk/client-workspaces';
import { expect, test } from 'vitest';
import { WorkSpacesFleet } from '../../../src/aws/fleet.ts';
import { RateLimitedClient } from '../../../src/aws/rateLimitedClient.ts';
import { RateLimiter } from '../../../src/aws/rateLimiter.ts';
import type { Fleet } from '../../../src/fleet/ports.ts';
import { InstantClock } from '../../fakes/clock.ts';
import { failureOf, LISTINGS } from '../harness.ts';

/** A fleet whose every answer is the page that `pageOf` makes, from 0; the SDK's wire is left out, as it is about thousands of pages. */
function fleetOf(pageOf: (page: number) => object): { fleet: Fleet; asked: () => number } {
  let page = 0;
  const client = { send: async () => ({ ...pageOf(page++), $metadata: { requestId: 'a' } }) };
  const clock = new InstantClock();
  const sender = new RateLimitedClient({
    client: client as unknown as WorkSpacesClient,
    rateLimiter: new RateLimiter({ callsPerSecond: 1e6, burst: 1e6, clock }),
    clock,
    random: () => 0.5,
    signal: new AbortController().signal,
  });
  return { fleet: new WorkSpacesFleet(sender, sender as never, 'inventory'), asked: () => page };
}

test('a listing whose page tokens are new each time for ever ends, as a failure', async () => {
  const { fleet, asked } = fleetOf((page) => ({
    Workspaces: [{ WorkspaceId: `ws-00000000${page % 7}` }],
    NextToken: `token ${page}`,
  }));
  const failure = await failureOf(fleet.describeWorkspaces({ all: true }));
  expect(failure.kind).toBe('InvalidResponse');
  expect(failure.message).toContain("didn't end");
  expect(asked()).toBeLessThanOrEqual(10_001);
});

test.each(LISTINGS)(
  'a listing of %s is refused for page tokens longer than the API allows, before they fill the memory',
  async (_, list, read) => {
    const { fleet, asked } = fleetOf((page) => ({ [list]: [], NextToken: String(page).padStart(3_000, 'x') }));
    expect((await failureOf(read(fleet))).kind).toBe('InvalidResponse');
    expect(asked()).toBe(1);
  },
);

import { describe, expect, test, vi } from 'vitest';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import { systemClock } from '../../src/clock.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { APPLICATION, failureOf, startFleet, WORKSPACE } from './harness.ts';
import { exception, html, ok } from './server.ts';

const throttling = exception('ThrottlingException', 'Rate exceeded');
const empty = ok({ Associations: [] });

describe('throttling', () => {
  test('reduces the rate until the read succeeds', async () => {
    await using harness = await startFleet([throttling, throttling, empty]);
    await expect(harness.fleet.describeWorkspaceAssociations(WORKSPACE)).resolves.toEqual([]);
    expect(harness.rateLimiter.callsPerSecond).toBeLessThan(1);
    expect(harness.fleet.calls()).toEqual([
      { operation: 'DescribeWorkspaceAssociations', priority: 'inventory', result: 'Success', count: 1 },
      { operation: 'DescribeWorkspaceAssociations', priority: 'inventory', result: 'Throttled', count: 2 },
    ]);
  });

  test('fails as Throttled only if it persists', async () => {
    await using harness = await startFleet([throttling]);
    const error = await failureOf(harness.fleet.describeWorkspaceAssociations(WORKSPACE));
    expect(error.kind).toBe('Throttled');
    expect(harness.server.received).toHaveLength(10);
  });

  test('makes every attempt wait for its own token', async () => {
    const clock = new VirtualClock();
    const rateLimiter = new RateLimiter({ callsPerSecond: 1, burst: 1, clock });
    await using harness = await startFleet([html(502), empty], { clock, rateLimiter });
    const read = harness.fleet.describeWorkspaceAssociations(WORKSPACE);
    await vi.waitFor(() => expect(clock.sleeping()).toHaveLength(1), { timeout: 30_000 });
    await clock.advance(999);
    expect(harness.server.received).toHaveLength(1);
    await clock.advance(1);
    await expect(read).resolves.toEqual([]);
  });

  test('lets reads that a change waits for precede the inventory', async () => {
    const clock = new VirtualClock();
    const rateLimiter = new RateLimiter({ callsPerSecond: 1, burst: 2, clock });
    await rateLimiter.acquire('urgent');
    await rateLimiter.acquire('urgent');
    rateLimiter.onResponse();
    await using harness = await startFleet([ok({})], { clock, rateLimiter });
    const { fleet, server } = harness;
    const all = [
      fleet.describeWorkspaces({ all: true }),
      fleet.urgent.describeWorkspaceAssociations(WORKSPACE),
      fleet.disassociateWorkspaceApplication(WORKSPACE, APPLICATION),
    ];
    for (const count of [1, 2, 3]) {
      await clock.advance(1_000);
      await vi.waitFor(() => expect(server.received).toHaveLength(count), { timeout: 30_000 });
    }
    await Promise.all(all);
    expect(server.received.map(({ operation }) => operation)).toEqual([
      'DescribeWorkspaceAssociations',
      'DisassociateWorkspaceApplication',
      'DescribeWorkspaces',
    ]);
  });
});

describe('a stopping process', () => {
  test('sends no request that still waits for a token', async () => {
    const stop = new AbortController();
    const clock = new VirtualClock();
    const rateLimiter = new RateLimiter({ callsPerSecond: 1, burst: 1, clock });
    await rateLimiter.acquire('urgent');
    await using harness = await startFleet([empty], { clock, rateLimiter, signal: stop.signal });
    const failures = [
      failureOf(harness.fleet.describeWorkspaceAssociations(WORKSPACE)),
      failureOf(harness.fleet.disassociateWorkspaceApplication(WORKSPACE, APPLICATION)),
    ];
    stop.abort();
    for (const failure of failures) {
      expect((await failure).kind).toBe('Canceled');
    }
    await clock.advance(60_000);
    expect(harness.server.received).toEqual([]);
  });

  test('cancels a pending read', async () => {
    const stop = new AbortController();
    await using harness = await startFleet(['silence'], { signal: stop.signal, clock: systemClock });
    const failure = failureOf(harness.fleet.describeWorkspaceAssociations(WORKSPACE));
    await vi.waitFor(() => expect(harness.server.received).toHaveLength(1), { timeout: 30_000 });
    stop.abort();
    expect((await failure).kind).toBe('Canceled');
  });

  test('awaits a pending change', async () => {
    const stop = new AbortController();
    await using harness = await startFleet(
      () => {
        stop.abort();
        return ok({});
      },
      { signal: stop.signal },
    );
    await expect(harness.fleet.disassociateWorkspaceApplication(WORKSPACE, APPLICATION)).resolves.toBeUndefined();
  });
});

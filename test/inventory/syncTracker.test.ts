import { expect, test } from 'vitest';
import { type CallCount, SyncTracker } from '../../src/inventory/syncTracker.ts';
import { VirtualClock } from '../fakes/clock.ts';

function begin() {
  const clock = new VirtualClock('2026-11-02T12:00:00Z');
  const counts = new Map<string, number>();
  const syncs = new SyncTracker(clock, () =>
    [...counts].map(([operation, count]): CallCount => ({ operation, result: 'Success', count })),
  );
  /** Reads for a duration in milliseconds, with a number of calls. */
  const read = (operation: string, calls: number, ms: number) =>
    syncs.run(async () => {
      await clock.sleep(ms);
      counts.set(operation, (counts.get(operation) ?? 0) + calls);
    });
  return { clock, syncs, read };
}

test('a sync lasts from the first to the last of overlapping reads, with the calls of all', async () => {
  const { clock, syncs, read } = begin();
  const reads = [read('A', 3, 1_000), clock.sleep(500).then(() => read('B', 2, 2_000))];
  await clock.advance(1_500);
  expect(syncs.last).toBeUndefined();
  await clock.advance(5_000);
  await Promise.all(reads);
  expect(syncs.last).toEqual({
    startedAt: new Date('2026-11-02T12:00:00Z'),
    duration: 2_500,
    queries: undefined,
    calls: [
      { operation: 'A', result: 'Success', count: 3 },
      { operation: 'B', result: 'Success', count: 2 },
    ],
  });
});

test('each sync counts its own calls, and a sync without calls is ignored', async () => {
  const { clock, syncs, read } = begin();
  const pass = async (calls: number) => {
    const done = read('A', calls, 1_000);
    await clock.advance(1_000);
    await done;
  };
  await pass(3);
  await pass(2);
  expect(syncs.last?.calls).toEqual([{ operation: 'A', result: 'Success', count: 2 }]);
  const before = syncs.last;
  await pass(0);
  expect(syncs.last).toBe(before);
});

test('a sync has the query plan with the most calls, and ends even if a read fails', async () => {
  const { syncs } = begin();
  const few = { workspaces: 'ReadMatching', associations: 'ByApplication', calls: 2 } as const;
  const many = { workspaces: 'ListAll', associations: 'ByWorkspace', calls: 9 } as const;
  await expect(
    syncs.run(async () => {
      for (const plan of [few, many, few]) {
        syncs.recordPlan(plan);
      }
      throw new Error('failed');
    }),
  ).rejects.toThrow('failed');
  expect(syncs.last).toBeUndefined();
});

import { expect, test } from 'vitest';
import { ListCache } from '../../src/inventory/listCache.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { MINUTE } from '../fixtures.ts';

/** Cache, and the reads of one listing, which return their number. */
function setUp() {
  const clock = new VirtualClock();
  const cache = new ListCache(clock);
  const reads: PromiseWithResolvers<readonly number[]>[] = [];
  const get = (since: number) =>
    cache.get('applications', since, () => {
      const read = Promise.withResolvers<readonly number[]>();
      reads.push(read);
      return read.promise;
    });
  const end = (index: number) => reads[index]?.resolve([index]);
  const now = () => clock.now().getTime();
  return { clock, cache, reads, get, end, now };
}

test('a discarded listing is read again', async () => {
  const { clock, cache, get, end, now } = setUp();
  const since = now();
  const first = get(since);
  end(0);
  await first;
  await clock.advance(MINUTE);
  cache.discardBefore(now());
  const second = get(since);
  end(1);
  expect(await second).toMatchObject({ value: [1] });
});

test('a read that began before the discarded time is neither shared nor kept', async () => {
  const { clock, cache, get, end, now } = setUp();
  const since = now();
  const first = get(since);
  await clock.advance(MINUTE);
  cache.discardBefore(now());
  const second = get(since);
  end(0);
  await first;
  end(1);
  expect(await second).toMatchObject({ value: [1] });
  expect(await get(since)).toMatchObject({ value: [1] });
});

test('a read that a later one replaced is not kept after the time is discarded', async () => {
  const { clock, cache, get, end, now } = setUp();
  const since = now();
  const first = get(since);
  await clock.advance(MINUTE);
  const renewedAt = now();
  const second = get(renewedAt);
  cache.discardBefore(renewedAt);
  end(0);
  await first;
  expect(cache.last('applications')).toBeUndefined();
  end(1);
  expect(await second).toMatchObject({ value: [1] });
  expect(await get(since)).toMatchObject({ value: [1] });
});

test('a listing in the cache is discarded while a later one is read', async () => {
  const { clock, cache, get, end, now } = setUp();
  const since = now();
  const first = get(since);
  end(0);
  await first;
  await clock.advance(MINUTE);
  const renewedAt = now();
  const second = get(renewedAt);
  cache.discardBefore(renewedAt);
  const third = get(since);
  end(1);
  expect(await second).toMatchObject({ value: [1] });
  expect(await third).toMatchObject({ value: [1] });
});

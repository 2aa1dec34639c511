import { expect, test } from 'vitest';
import { StatusCache, type WithStatus } from '../../src/operator/statusCache.ts';
import { VirtualClock } from '../fakes/clock.ts';

interface Phase {
  readonly phase: string;
}

test('forgets an object that is deleted while its status is written', async () => {
  const written = Promise.withResolvers<void>();
  const objects = new Map<string, WithStatus<Phase>>();
  const metadata = { namespace: 'desktops', name: 'no-visio', uid: 'first', resourceVersion: '1' };
  const cache = new StatusCache<Phase>({
    writer: {
      apply: (async (_: unknown, status: Phase) => {
        await written.promise;
        return { metadata: { ...metadata, resourceVersion: '2' }, status };
      }) as never,
    },
    informer: { get: (key) => objects.get(key) as never },
    clock: new VirtualClock(),
    stopping: new AbortController().signal,
    statusChanged: () => true,
  });
  objects.set('desktops/no-visio', { metadata });
  const write = cache.write({ metadata }, { phase: 'Up' }, () => true);
  expect(cache.hasPendingWrite('desktops/no-visio')).toBe(true);
  cache.forget('desktops/no-visio');
  written.resolve();
  expect(await write).toBe(false);
  expect(cache.hasPendingWrite('desktops/no-visio')).toBe(false);
  // The watch shows the same version again, for example, after a relist from an old cache.
  expect(cache.latest('desktops/no-visio')).toEqual({ metadata });
});

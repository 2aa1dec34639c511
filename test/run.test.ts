import { expect, test } from 'vitest';
import { phase } from '../src/run.ts';
import { VirtualClock } from './fakes/clock.ts';

test('a phase starts before it yields, so a run knows the policies that it started with', async () => {
  let hasStarted = false;
  const running = phase('observe', { clock: new VirtualClock() }, () => {
    hasStarted = true;
  });

  expect(hasStarted).toBe(true);
  await running;
});

import { parentPort } from 'node:worker_threads';
import { violationsIn } from './check.ts';
import { scheduleOf } from './schedule.ts';

// Nobody reads them, and collecting them takes a good part of the time.
Error.stackTraceLimit = 0;

parentPort?.on('message', async (seed: number) => {
  // A day at rest takes longer than all the rest: every fourth schedule has it.
  const until = seed % 4 === 0 ? 'Rest' : 'Outcome';
  parentPort?.postMessage({ seed, violations: await violationsIn(scheduleOf(seed), until) });
});

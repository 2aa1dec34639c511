import { parentPort } from 'node:worker_threads';
import { violationsIn } from './check.ts';
import { runWithoutKill, violationsWhenKilledAt } from './kills.ts';
import { scheduleOf } from './scheduleOf.ts';

/** Task of a worker: the schedule of a seed, or the schedule of the kills with a kill at a boundary. */
export type Task = { readonly seed: number } | { readonly boundary: number };

// Collecting stack traces takes a large part of the time, and no report shows them.
Error.stackTraceLimit = 0;

const expected = runWithoutKill();

parentPort?.on('message', async (task: Task) => {
  const violations =
    'boundary' in task
      ? await violationsWhenKilledAt(task.boundary, await expected)
      : await violationsIn(scheduleOf(task.seed));
  parentPort?.postMessage({ task, violations });
});
